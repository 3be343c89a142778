webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  headers = "a"
  query = ["b"]
}
