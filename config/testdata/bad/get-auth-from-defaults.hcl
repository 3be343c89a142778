defaults {
  auth "bearer" {
    token = env("CRM_PASSWORD")
  }
}
webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  method = "GET"
}
