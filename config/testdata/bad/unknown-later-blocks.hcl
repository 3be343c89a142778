webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  circuit { failures = 1 }
  order_by = expr("contact.id")
}
queue "jetstream" {}
