# The socket is in the volume that the app mounts, too: /run/postern/postern.sock.
# Members of Postern's group may connect.
listen "unix" { mode = "0660" }

# For the health check, and for: docker compose exec postern /postern status
console { address = "127.0.0.1:7481" }

# The stand-in for the CRM, as in ../postern/postern.hcl.
egress {
  allow      = ["172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"]
  allow_http = ["172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"]
}

webhook "crm" {
  url    = "http://crm:9000/campaign-events"
  events = ["contact.subscribed"]
  secret = env("CRM_SECRET")
}
