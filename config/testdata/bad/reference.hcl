webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = merge(mapping.contct, { a = local.nme, b = local.name.first, c = local, d = local["name"], e = local.list[7], f = mapping.contact })
}
locals {
  name = "x"
  list = [1]
}
mapping "contact" {
  fields = { a = 1 }
}
