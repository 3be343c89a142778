defaults {
  success_when = expr("status < 300 && event.type == 'x'")
}
webhook "fixed" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = [200, 302]
}
webhook "of-the-event" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = expr("status < 300 && contact.email != nil")
}
webhook "misspelt" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = expr("stats == 200")
}
webhook "kind" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = expr("status")
}
webhook "never" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = expr("status == '200'")
}
webhook "capitals" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = expr("headers[\"X-Result\"] == 'ok'")
}
webhook "dash" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = expr("headers.x-result == 'ok'")
}
webhook "clock" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = expr("now() > date('2026-01-01')")
}
webhook "unfinished" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = expr("status <")
}
webhook "within" {
  url          = "https://api.example.com/x"
  events       = ["contact.subscribed"]
  success_when = "${expr("status")} ok"
}
