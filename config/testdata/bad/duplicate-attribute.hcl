webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  method = "POST"
  method = "GET"
}
