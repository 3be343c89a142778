webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = { a.b = 1 }
}
