webhook "crm" {
  url    = "https://api.example.com/webhooks/campaign-events"
  events = ["contact.subscribed"]

  payload = {
    email         = expr("contact.email") # from the event
    campaign_name = expr("campaign.name") # from the event
    source        = "webhook"             # a fixed value
  }
}
