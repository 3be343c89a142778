test "an entry becomes a lead" {
  event = jsondecode(file("event.json"))

  expect "ga4" {
    url   = "https://www.google-analytics.com/mp/collect?measurement_id=G-ABCDE12345&api_secret=test-value-of-GA4_API_SECRET"
    query = { measurement_id = "G-ABCDE12345", api_secret = "test-value-of-GA4_API_SECRET" }
    json = {
      client_id        = "614fe08f-7b38-5d1a-a167-d37bac41cb9f" # none of its own
      timestamp_micros = 1781683205123456
      consent          = { ad_user_data = "GRANTED", ad_personalization = "DENIED" }
      events = [
        {
          name   = "generate_lead"
          params = { currency = "EUR", value = 7.5, campaign_id = "12", campaign_name = "Summer Promotion", event_id = "ga4-1" }
        },
      ]
    }
  }
}

test "the browser's own id wins" {
  event = {
    type = "contact.subscribed"
    data = { contact = { id = 42, ga_client_id = "1234567890.1750147205", consent = false } }
  }
  expect "ga4" {
    json_contains = { client_id = "1234567890.1750147205", consent = { ad_user_data = "DENIED" } }
  }
}
