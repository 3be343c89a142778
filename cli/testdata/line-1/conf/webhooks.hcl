webhook "crm" {
  url               = "${env("CRM_URL")}/crm"
  events            = ["contact.subscribed"]
  concurrency       = 1
  log_response_body = true
  payload           = { email = expr("contact.email"), plan = expr("event.ce.plan"), at = expr("event.time") }
}
webhook "stock" {
  url    = "${env("CRM_URL")}/stock"
  events = ["stock.low"]
  retry { schedule = [] }
}
# A suspension holds for as long as the address stays the same.
webhook "gone" {
  url    = "https://127.0.0.1:19443/gone"
  events = ["contact.left"]
}
