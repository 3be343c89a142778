event "contact.subscribed" {
  sample = { contact = { email = "a", deep = { x = 1 } }, plain = 1 }
}
event "other" {
  sample = { elsewhere = { y = 1 } }
}
mapping "m" {
  fields = { shared = "contact.email" }
}
webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = merge(mapping.m, {
    a = "contact.email"
    b = ["contact.deep.x"]
    c = "event.id"
    d = "data.contact.email"
    e = "plain"
    f = "elsewhere.y"
    g = "to contact.email"
    h = expr("'contact.email'")
  })
}
