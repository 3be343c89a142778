test "one prize, told in three ways" {
  event = jsondecode(file("event.json"))

  expect "form" {
    form = {
      "contact[email]" = "user@example.com"
      "contact[name]"  = "Zoë"
      "tags[0]"        = "summer"
      "tags[1]"        = "Summer Promotion"
      prize            = "4999.00" # in quotes: the zeros are sent
      consent          = true
    }
  }
  expect "get" {
    query = {
      sheet            = "winners"
      key              = "test-value-of-SHEET_KEY" # this test gives no SHEET_KEY
      "contact[email]" = "user@example.com"
      "contact[name]"  = "Zoë"
      "tags[0]"        = "summer"
      "tags[1]"        = "Summer Promotion"
      prize            = "4999.00"
      consent          = true
      type             = "prize.won"
    }
  }
  expect "one-field" {
    url     = "https://hooks.example.com/u/42"
    headers = { X-Campaign = 12 }
    form    = { payload = "{\"email\":\"user@example.com\",\"prize\":\"You won: TV 55\\\"\"}" }
  }

  assert {
    condition = expr("requests.form.form.prize == requests.get.query.prize")
    message   = "The list and the sheet have to agree."
  }
}
