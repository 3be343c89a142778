webhook "ledger" {
  url      = "${env("CRM_URL")}/ledger"
  events   = ["order.paid"]
  secret   = ""
  active   = false
  order_by = expr("order.customer")
  payload  = { id = expr("order.id"), version = "second" }
  retry { schedule = ["10s"] }
}
