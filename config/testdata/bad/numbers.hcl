webhook "a" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  concurrency = 0
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  concurrency = 1.5
}
webhook "c" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  concurrency = "many"
}
webhook "d" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  active = "yes"
}
egress {
  max_in_flight = 10001
}
