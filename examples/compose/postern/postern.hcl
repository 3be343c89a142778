# Reached by the app over the Compose network: a token is needed off loopback.
listen "http" {
  address = "0.0.0.0:7480"
  token   = env("POSTERN_TOKEN")
  hosts   = ["postern"]
}

# Reached through the port that Compose publishes: inside, that is off loopback.
console {
  address = "0.0.0.0:7481"
  token   = env("POSTERN_TOKEN")
}

# The stand-in for the CRM is in the same network and speaks plain http. Without
# it, leave this block out: private addresses and http stay closed.
egress {
  allow      = ["172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"]
  allow_http = ["172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8"]
}

webhook "crm" {
  url    = "http://crm:9000/campaign-events"
  events = ["contact.subscribed"]
  secret = env("CRM_SECRET")

  payload = {
    id            = expr("contact.id")
    email         = expr("contact.email")
    campaign_name = expr("campaign.name")
    source        = "webhook"
  }
}
