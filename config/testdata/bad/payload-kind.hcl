webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = "x"
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = {}
}
webhook "c" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = [1]
}
