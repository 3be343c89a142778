webhook "a" {
  url    = "https://h/x"
  events = ["*"]
  secret = "$CRM_WEBHOOK_SECRET"
  auth "basic" {
    username = "a"
    password = "${"$"}{CRM_PASSWORD}"
  }
}
