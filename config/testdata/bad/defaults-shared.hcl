defaults {
  headers = { Host = "x" }
  retry {
    permanent = [1]
  }
}
webhook "a" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  retry {
    schedule = ["x"]
  }
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  
}
