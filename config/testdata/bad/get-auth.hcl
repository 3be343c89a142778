webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  method = "GET"
  auth "basic" {
    username = "u"
    password = env("CRM_PASSWORD")
  }
}
