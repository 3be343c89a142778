webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = { a = 1e9999 }
}
