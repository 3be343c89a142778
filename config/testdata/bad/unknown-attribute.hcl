webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  contnt_type = "json"
}
