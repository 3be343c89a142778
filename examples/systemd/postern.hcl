# The doors that postern.socket opens.
listen "http" { address = "127.0.0.1:7480" }
listen "unix" { path = "/run/postern/postern.sock" }

# The one that postern-console.socket opens.
console { address = "127.0.0.1:7481" }

webhook "crm" {
  url    = "https://crm.example.com/campaign-events"
  events = ["contact.subscribed"]
}
