webhook "r0" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  rate_limit = "50"
}
webhook "r1" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  rate_limit = "0/s"
}
webhook "r2" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  rate_limit = "1/d"
}
webhook "r3" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  rate_limit = "1.5/s"
}
webhook "r4" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  rate_limit = "99999/s"
}
webhook "r5" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  rate_limit = 50
}
