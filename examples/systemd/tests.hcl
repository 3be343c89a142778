test "a new contact reaches the CRM" {
  event = {
    type = "contact.subscribed"
    data = { contact = { email = "user1@example.com" } }
  }
  expect "crm" {
    method = "POST"
  }
}
