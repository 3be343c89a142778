webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  filter = "contact.country == 'DE'"
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  filter = expr("contact.name")
  payload = { a = expr("1 +") }
}
webhook "c" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  filter = expr("1 + 1")
}
