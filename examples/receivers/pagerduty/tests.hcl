test "a campaign that fails opens an alert" {
  event = jsondecode(file("event.json"))
  env   = { PAGERDUTY_ROUTING_KEY = "0123456789abcdef0123456789abcdef" }

  expect "pagerduty" {
    json = {
      routing_key  = "0123456789abcdef0123456789abcdef"
      event_action = "trigger"
      dedup_key    = "campaign-12"
      client       = "Campaigns"
      client_url   = "https://app.example.com/campaigns/12"
      payload = {
        summary        = "Summer Promotion: no prizes left"
        severity       = "critical"
        source         = "campaigns.example.com"
        timestamp      = "2026-06-17T08:00:05Z"
        component      = "Summer Promotion"
        class          = "campaign.failed"
        custom_details = { campaign_id = 12, event_id = "pagerduty-1", affected = 1840 }
      }
    }

    order_by = "12" # the resolve will wait for it
    respond  = [500, 429, 202]
    attempts = 3
  }
}

test "running again, it resolves the same alert" {
  event = {
    type = "campaign.recovered"
    data = { campaign = { id = 12, name = "Summer Promotion" }, problem = { text = "prizes added", fatal = false } }
  }
  expect "pagerduty" {
    json_contains = { event_action = "resolve", dedup_key = "campaign-12", payload = { severity = "warning" } }
    order_by      = "12"
    respond       = [400]
    attempts      = 1
  }
}
