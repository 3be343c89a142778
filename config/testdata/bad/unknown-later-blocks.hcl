webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  tls { server_name = "a" }
  success_when = expr("status < 300")
  order_by = expr("contact.id")
  signature "github" {}
  auth "oauth2" {}
}
egress {
  proxy = "http://proxy:3128"
  dns_server = "127.0.0.1:53"
}
queue "jetstream" {}
