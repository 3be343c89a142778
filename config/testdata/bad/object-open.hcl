webhook "crm" {
  payload = { a = 1