test "a contact becomes a member" {
  event = jsondecode(file("event.json"))
  env   = { MAILCHIMP_DC = "us21", MAILCHIMP_API_KEY = "key-us21" }

  expect "mailchimp" {
    method  = "PUT"
    url     = "https://us21.api.mailchimp.com/3.0/lists/a1b2c3d4e5/members/b58996c504c5638798eb6b511e6f49af"
    headers = { Authorization = "Basic cG9zdGVybjprZXktdXMyMQ==" }
    json = {
      email_address = "User@Example.com"
      status_if_new = "pending"
      merge_fields  = { FNAME = "", CAMPAIGN = "Summer Promotion" }
    }
  }
}

# The address and the hash of Mailchimp's own page.
test "the hash is the one that Mailchimp expects" {
  event = { type = "contact.subscribed", data = { contact = { email = "Urist.McVankab@freddiesjokes.com", consent = true } } }
  env   = { MAILCHIMP_DC = "us21" }

  expect "mailchimp" {
    url      = "https://us21.api.mailchimp.com/3.0/lists/a1b2c3d4e5/members/62eeb292278cc15f5817cb78f7790b08"
    respond  = [400]
    attempts = 1
  }
}

test "no consent, no member" {
  event = { type = "contact.subscribed", data = { contact = { email = "user@example.com", consent = false } } }
  env   = { MAILCHIMP_DC = "us21" }
}
