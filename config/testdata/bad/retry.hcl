webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  retry {
    schedule  = ["5s", "0s", "31d", "721h"]
    permanent = [400, 99, 600, "x", 400.5]
    max_retry_after = "-1s"
    attempts = 3
  }
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  retry {
    schedule = [for i in split(",", "a") : "1s"]
  }
}
