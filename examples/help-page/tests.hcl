test "a new contact is sent as the page says" {
  event = jsondecode(file("event.json"))
  env   = { CRM_PASSWORD = "correct horse" }

  expect "campaign-events" {
    method  = "POST"
    headers = { Authorization = "Basic Y2FtcGFpZ246Y29ycmVjdCBob3JzZQ==", Content-Type = "application/json" }
    signed  = true
    json    = { email = "user@example.com", campaign_name = "Summer Promotion", source = "webhook" }
  }
}

test "what an event lacks is null" {
  event = { type = "contact.subscribed", data = { contact = { email = "user@example.com" } } }

  expect "campaign-events" {
    json_contains = { campaign_name = null }
  }
}
