test "a prize becomes a track call" {
  event = jsondecode(file("event.json"))
  env   = { SEGMENT_WRITE_KEY = "abc123" }

  expect "segment" {
    headers = { Authorization = "Basic YWJjMTIzOg==" } # Segment's own example: abc123 and a colon
    json = {
      messageId = "segment-1"
      userId    = "42"
      event     = "Prize Won"
      timestamp = "2026-06-17T08:00:05Z"
      properties = {
        prize_id = 820982911946154508
        prize    = "TV 55\""
        value    = 499.50
        currency = "EUR"
        campaign = { id = 12, name = "Summer Promotion" }
      }
    }
  }
}

test "what Segment calls too large is not sent again" {
  event = jsondecode(file("event.json"))
  expect "segment" {
    respond  = [400]
    attempts = 1
  }
}
