webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  method = "GET"
  content_type = "form"
}
