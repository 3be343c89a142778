webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = { email = contact.email, x = lower(campaign.name) }
}
