# Run by `postern test`, never by `run`.

test "a new contact reaches the CRM" {
  event = {
    type = "contact.subscribed"
    data = {
      contact  = { email = "user@example.com" }
      campaign = { name = "Summer Promotion" }
    }
  }
  expect "crm" {
    url  = "https://api.example.com/webhooks/campaign-events"
    json = { email = "user@example.com", campaign_name = "Summer Promotion", source = "webhook" }

    respond  = [503, 200] # down once, then back
    attempts = 2
  }
}

test "nobody is told of other events" {
  event = { type = "campaign.finished", data = {} }
}
