test "an event is sent as it came" {
  event = jsondecode(file("event.json"))
  env   = { ZAPIER_HOOK = "123456/abcdef" }

  expect "zapier" {
    url = "https://hooks.zapier.com/hooks/catch/123456/abcdef/"
    json = {
      type      = "prize.won"
      timestamp = "2026-06-17T08:00:05Z"
      data = {
        contact = { id = 42, email = "user@example.com", first_name = "Zoë" }
        prize   = { id = 820982911946154508, name = "TV 55\"", value = 499.50 }
      }
    }
    headers = { Webhook-Id = "zapier-1" }
  }
}

test "too fast is tried again" {
  event = { type = "anything at all", data = {} }
  expect "zapier" {
    respond  = [429, 200]
    attempts = 2
  }
}
