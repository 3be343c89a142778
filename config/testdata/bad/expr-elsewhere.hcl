webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = {
    a = lower(expr("contact.email"))
    b = true ? expr("a") : "b"
    c = [for x in [1] : expr("x")]
    d = 1 + expr("x")
    (expr("k")) = 1
    e = upper(local.mail)
    f = true ? local.mail : 1
    g = "${lower(expr("x"))} and"
    "k ${expr("k")}" = 1
  }
  timeout = expr("contact.timeout")
  active = local.mail
  description = [expr("x")]
}
locals {
  mail = expr("contact.email")
}
