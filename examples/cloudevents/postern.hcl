# An app that speaks CloudEvents already: post them as they are.
#
#   curl -H 'Content-Type: application/cloudevents+json' \
#     http://127.0.0.1:7480/v1/events --data @event.json

webhook "crm" {
  url    = "https://api.example.com/contacts"
  events = ["contact.*"]
  filter = expr("event.ce.plan == 'gold'")
  payload = {
    id    = expr("event.ce_id")
    from  = expr("event.source")
    about = expr("event.ce.subject")
    email = expr("contact.email")
  }
}
