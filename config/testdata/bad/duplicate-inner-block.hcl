webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  retry {}
  retry {}
  auth "none" {}
  auth "none" {}
}
