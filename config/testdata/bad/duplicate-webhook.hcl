webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
}
webhook "crm" {
  url     = "https://api.example.com/x"
  events  = ["contact.subscribed"]
  timeout = "soon"
}
