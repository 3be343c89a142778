webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  headers = { authorization = env("PD_KEY"), "X-Key" = "1" }
  auth "bearer" {
    token = env("PD_KEY")
  }
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  headers = { authorization = env("PD_KEY"), "X-Key" = "1" }
  auth "header" {
    name  = "x-key"
    value = env("PD_KEY")
  }
}
