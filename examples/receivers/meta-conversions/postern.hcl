# Entries as leads of Meta's Conversions API: who it was goes out as hashes only.

event "contact.subscribed" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "meta" {
  # The version of the Graph API, which ends after two years, and the pixel (data set).
  url    = "https://graph.facebook.com/v23.0/123456789012345/events"
  events = ["contact.subscribed"]
  filter = expr("contact.consent") # to advertising, that is

  auth "bearer" { token = env("META_TOKEN") }

  payload = {
    data = [
      {
        event_name       = "Lead"
        event_id         = expr("event.id")     # the page's pixel gives the same id: Meta counts one of them
        event_time       = expr("now().Unix()") # seconds
        action_source    = "website"
        event_source_url = expr("campaign.url")
        user_data = {
          em                = [expr("sha256(lower(trim(contact.email)))")]
          ph                = expr("contact.phone == nil ? [] : [sha256(trimPrefix(digits(contact.phone), '00'))]") # digits, country code first
          external_id       = [expr("sha256(string(contact.id))")]
          client_user_agent = expr("browser.user_agent") # as it is, not hashed; a website's lead needs it
          client_ip_address = expr("browser.ip")
        }
        custom_data = {
          content_name = expr("campaign.name")
          currency     = "EUR"
          value        = expr("campaign.lead_value")
        }
      },
    ]
    # test_event_code = "TEST12345" # shows it under Test Events; take it out again
  }

  success_when      = expr("status < 300 and body?.events_received == 1")
  log_response_body = true # an error's code stands in the body
}
