test "a new contact reaches the CRM, signed" {
  event = {
    type = "contact.subscribed"
    data = { contact = { id = 1, email = "user1@example.com" }, campaign = { name = "Summer Promotion" } }
  }
  expect "crm" {
    json   = { id = 1, email = "user1@example.com", campaign_name = "Summer Promotion", source = "webhook" }
    signed = true
  }
}
