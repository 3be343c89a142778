test "an entry becomes a lead" {
  event = jsondecode(file("event.json"))
  env   = { SALESFORCE_OID = "00D000000000000" }

  expect "salesforce" {
    url = "https://webto.salesforce.com/servlet/servlet.WebToLead?encoding=UTF-8"
    form = {
      oid             = "00D000000000000"
      first_name      = "Zoë"
      last_name       = "user@example.com"
      company         = "(private)"
      email           = "user@example.com"
      lead_source     = "Campaign"
      "00N5g00000Abc" = 1
      "00N5g00000Def" = "Sun & Sand"
      "00N5g00000Ghi" = "salesforce-1"
    }
  }
}

test "what is known is sent" {
  event = {
    type = "contact.subscribed"
    data = {
      contact  = { email = "user@example.com", last_name = "Berg", company = "Example Ltd", phone = "+45 20 12 34 56", consent = false }
      campaign = { name = "Sun & Sand" }
    }
  }
  expect "salesforce" {}
  assert {
    condition = expr("requests.salesforce.form.phone == '+45 20 12 34 56'")
    message   = "The phone number has to go out as it came."
  }
  assert { condition = expr("requests.salesforce.form.company == 'Example Ltd'") }
  assert { condition = expr("requests.salesforce.form.last_name == 'Berg'") }
  assert { condition = expr("requests.salesforce.form['00N5g00000Abc'] == '0'") }
}
