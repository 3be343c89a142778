test "an entry becomes a submission" {
  event = jsondecode(file("event.json"))
  env   = { HUBSPOT_TOKEN = "pat-eu1-token" }

  expect "hubspot" {
    method  = "POST"
    headers = { Authorization = "Bearer pat-eu1-token" }
    json = {
      submittedAt = "1781683205250"
      fields = [
        { objectTypeId = "0-1", name = "email", value = "user@example.com" },
        { objectTypeId = "0-1", name = "firstname", value = "Zoë" },
        { objectTypeId = "0-1", name = "campaign_name", value = "Summer Promotion" },
      ]
      context = { pageUri = "https://win.example.com/summer", pageName = "Summer Promotion" }
      legalConsentOptions = {
        consent = { consentToProcess = true, text = "Yes, send me news about this campaign.", communications = [] }
      }
    }
  }
}

test "no consent, no submission" {
  event = { type = "contact.subscribed", data = { contact = { email = "user@example.com", consent = false } } }
}

test "a submission that HubSpot can't take is not sent again" {
  event = { type = "contact.subscribed", data = { contact = { consent = true } } }
  expect "hubspot" {
    respond  = [400]
    attempts = 1
  }
}
