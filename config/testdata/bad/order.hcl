event "contact.changed" {
  sample = { contact = { id = 42, tags = ["a"] } }
}
webhook "text" {
  url      = "https://api.example.com/x"
  events   = ["contact.changed"]
  order_by = "contact.id"
}
webhook "bare" {
  url      = "https://api.example.com/x"
  events   = ["contact.changed"]
  order_by = 7
}
webhook "policy" {
  url              = "https://api.example.com/x"
  events           = ["contact.changed"]
  order_by         = expr("contact.id")
  on_order_failure = "wait"
}
webhook "alone" {
  url              = "https://api.example.com/x"
  events           = ["contact.changed"]
  on_order_failure = "hold"
}
webhook "syntax" {
  url      = "https://api.example.com/x"
  events   = ["contact.changed"]
  order_by = expr("contact.(id)")
}
webhook "member" {
  url      = "https://api.example.com/x"
  events   = ["contact.changed"]
  order_by = expr("contact.idd")
}
webhook "list" {
  url      = "https://api.example.com/x"
  events   = ["contact.changed"]
  order_by = expr("contact.tags")
}
