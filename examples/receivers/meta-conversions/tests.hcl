# The address, the number and their hashes are those of Meta's own page.

test "an entry becomes a lead, its person a hash" {
  event = jsondecode(file("event.json"))
  env   = { META_TOKEN = "EAAB-test" }

  expect "meta" {
    headers = { Authorization = "Bearer EAAB-test" }
    json = {
      data = [
        {
          event_name       = "Lead"
          event_id         = "meta-1"
          event_time       = 1781683205
          action_source    = "website"
          event_source_url = "https://win.example.com/summer"
          user_data = {
            em                = ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"]
            ph                = []
            external_id       = ["73475cb40a568e8da8a045ced110137e159f890ac4da883b6b17dc651b3a8049"]
            client_user_agent = "Mozilla/5.0 (X11; Linux x86_64)"
            client_ip_address = "203.0.113.7"
          }
          custom_data = { content_name = "Summer Promotion", currency = "EUR", value = 7.5 }
        },
      ]
    }
  }
}

test "a phone number, however it is written" {
  event = { type = "contact.subscribed", data = { contact = { id = 42, email = "x", phone = "001 (650)555-1212", consent = true } } }
  expect "meta" {
    respond  = [{ status = 200, body = { events_received = 0 } }, { status = 200, body = { events_received = 1, messages = [], fbtrace_id = "x" } }]
    attempts = 2
  }
  assert {
    condition = expr("requests.meta.json.data[0].user_data.ph[0] == 'e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176'")
    message   = "The hash has to be the one of Meta's page."
  }
}

test "no consent, no lead" {
  event = { type = "contact.subscribed", data = { contact = { id = 42, email = "x", consent = false } } }
}
