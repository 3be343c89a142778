webhook "a" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  timeout = "x"
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  method = "x"
}
webhook "c" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = { a = 1, a = 2 }
}
