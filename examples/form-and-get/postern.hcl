# The same event as a form, as a query, and as one form field of JSON.

mapping "entry" {
  fields = {
    contact = {
      email = expr("contact.email")
      name  = expr("contact.first_name")
    }
    tags    = ["summer", expr("campaign.name")]
    prize   = expr("prize.value")
    consent = expr("contact.consent")
    phone   = expr("contact.phone") # null: left out of a form
  }
}

webhook "form" {
  url          = "https://lists.example.com/subscribe"
  content_type = "form"
  events       = ["prize.won"]
  payload      = mapping.entry
}

webhook "get" {
  url     = "https://sheets.example.com/row?sheet=winners"
  method  = "GET"
  events  = ["prize.won"]
  query   = { key = env("SHEET_KEY") }
  payload = merge(mapping.entry, { type = expr("event.type") })
}

webhook "one-field" {
  url          = "https://hooks.example.com/u/${expr("contact.id")}"
  content_type = "form"
  events       = ["prize.won"]
  headers      = { "X-Campaign" = expr("campaign.id") }
  payload      = { email = expr("contact.email"), prize = "You won: ${expr("prize.name")}" }
  form { field = "payload" }
}
