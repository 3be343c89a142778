webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  success_when = expr("status < 300")
  order_by = expr("contact.id")
}
queue "jetstream" {}
