event "contact.subscribed" {
  sample = {
    contact = { email = "a", name = "A", age = 5, phone = null, vip = true }
    items   = [{ sku = "x" }]
  }
}
event "contact.left" {
  sample = { contact = { email = "a", name = "A" }, reason = "r" }
}
event "bare" {}
mapping "shared" {
  fields = {
    email = expr("contact.emial")
    skus  = [expr("map(items, .skuu)")]
  }
}
defaults {
  headers = { "X-Name" = expr("contact.nmae") }
}
webhook "one" {
  url     = "https://h/${expr("contact.id")}?q=${expr("contact")}"
  events  = ["contact.*"]
  filter  = expr("contact.name")
  payload = merge(mapping.shared, {
    text   = "Hello ${expr("contact.name + contact.age")}"
    whole  = "${expr("contact.frist")}"
    lines  = expr(<<-EOT
      contact.email +
        contact.citty
    EOT
    )
    phone  = expr("upper(contact.phone)")
    fine   = expr("contact.email")
    maybe  = expr("contact?.city")
  })
}
webhook "two" {
  url     = "https://h"
  events  = ["contact.subscribed"]
  payload = mapping.shared
  filter  = expr("contact.vip")
  query   = { a = expr("contact") }
}
webhook "untyped" {
  url     = "https://h"
  events  = ["bare"]
  payload = { a = expr("what.ever") }
  headers = { "X-Name" = "y" }
}
webhook "marked" {
  url     = "https://h"
  events  = ["bare"]
  payload = { a = "items[0].sku", b = "contact.email" }
}
mapping "unused" {
  fields = { a = "contact.email" }
}
