webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  content_type = "jsn"
}
