webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  order_by = expr("contact.id")
}
queue "jetstream" {}
