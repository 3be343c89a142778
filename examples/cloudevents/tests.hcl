test "gold ones reach the CRM" {
  event = {
    type   = "contact.subscribed"
    source = "/shops/7"
    ce_id  = "A-1"
    ce     = { subject = "contact/42", plan = "gold" }
    data   = { contact = { email = "user@example.com" } }
  }
  expect "crm" {
    json = { id = "A-1", from = "/shops/7", about = "contact/42", email = "user@example.com" }
  }
}

test "others don't" {
  event = { type = "contact.subscribed", ce_id = "A-2", ce = { plan = "free" }, data = {} }
}
