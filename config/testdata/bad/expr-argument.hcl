webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = {
    a = expr(contact.email)
    b = expr("${local.x}")
    c = expr("a ${1} b")
    d = expr()
    e = expr("a", "b")
    f = expr(1)
  }
}
