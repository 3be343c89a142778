webhook "a" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  timeout = "10"
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  timeout = "-1s"
}
webhook "c" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  timeout = "1e9h"
}
webhook "d" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  timeout = 15
}
webhook "e" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  timeout = ["1s"]
}
webhook "f" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  timeout = "11m"
}
