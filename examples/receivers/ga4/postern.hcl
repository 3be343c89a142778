# Entries of a campaign as events of Google Analytics 4 (Measurement Protocol).

event "contact.subscribed" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "ga4" {
  url = "https://www.google-analytics.com/mp/collect" # to try it: /debug/mp/collect says what is wrong, and counts nothing
  query = {
    measurement_id = "G-ABCDE12345"
    api_secret     = env("GA4_API_SECRET")
  }
  events = ["contact.subscribed"]

  # No e-mail address, no name: Google does not allow them here.
  payload = {
    # The browser's id, else one that is always the same for the same contact.
    client_id        = expr("contact.ga_client_id ?? uuid5('https://win.example.com/contacts/' + string(contact.id), 'url')")
    timestamp_micros = expr("now().UnixMicro()") # when it happened, however late it arrives
    consent = {
      ad_user_data       = expr("contact.consent ? 'GRANTED' : 'DENIED'")
      ad_personalization = "DENIED"
    }
    events = [
      {
        name = "generate_lead"
        params = {
          currency      = "EUR"
          value         = expr("campaign.lead_value")
          campaign_id   = expr("string(campaign.id)")
          campaign_name = expr("campaign.name")
          event_id      = expr("event.id")
        }
      },
    ]
  }
}
