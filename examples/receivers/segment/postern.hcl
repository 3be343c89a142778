# Prizes as track calls of Segment.

event "prize.won" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "segment" {
  url    = "https://api.segment.io/v1/track" # a workspace in the EU: https://events.eu1.segmentapis.com/v1/track
  events = ["prize.won"]

  auth "basic" {
    username = env("SEGMENT_WRITE_KEY")
    password = "" # Segment wants it empty
  }

  payload = {
    messageId = expr("event.id") # so that what is sent twice counts once
    userId    = expr("string(contact.id)")
    event     = "Prize Won"
    timestamp = expr("now()") # when it happened, however late it arrives
    properties = {
      prize_id = expr("prize.id")
      prize    = expr("prize.name")
      value    = expr("prize.value")
      currency = "EUR"
      campaign = expr("{'id': campaign.id, 'name': campaign.name}")
    }
  }

  retry {
    permanent = [400] # too large, or no JSON
  }
}
