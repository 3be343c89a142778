# Contacts that agreed, into an audience of Mailchimp.

event "contact.subscribed" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "mailchimp" {
  # MAILCHIMP_DC is what stands behind the dash of the API key, such as us21; no secret, so it may be shown.
  # The member is named by the hash of the address: adding twice is adding once.
  url    = "https://${plain(env("MAILCHIMP_DC"))}.api.mailchimp.com/3.0/lists/a1b2c3d4e5/members/${expr("md5(lower(trim(contact.email)))")}"
  method = "PUT"
  events = ["contact.subscribed"]
  filter = expr("contact.consent")

  auth "basic" {
    username = "postern" # any name does
    password = env("MAILCHIMP_API_KEY")
  }

  payload = {
    email_address = expr("trim(contact.email)")
    status_if_new = "pending" # Mailchimp asks them to confirm; "subscribed" does not. No status: who has left stays away
    merge_fields = {
      FNAME    = expr("contact.first_name ?? ''")
      CAMPAIGN = expr("campaign.name")
    }
  }

  concurrency       = 4     # Mailchimp takes 10 at once, from everything that uses the account
  timeout           = "60s" # it may take its time
  log_response_body = true  # an error's title stands in the body
  retry {
    permanent = [400] # an address that Mailchimp won't take
  }
}
