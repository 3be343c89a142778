webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  compress = true
}
queue "jetstream" {}
