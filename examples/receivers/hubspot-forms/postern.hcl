# Entries of a campaign, as submissions of a HubSpot form.

event "contact.subscribed" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "hubspot" {
  # Behind submit/ stand the account (portal) and the form, as in the form's own address.
  url    = "https://api.hsforms.com/submissions/v3/integration/secure/submit/12345678/5b2c9a1e-7d34-4f0a-9c61-0e8f4d2a7b13"
  events = ["contact.subscribed"]
  filter = expr("contact.consent") # without consent, HubSpot gets nothing

  auth "bearer" { token = env("HUBSPOT_TOKEN") } # of a private app with the scope "forms"

  payload = {
    submittedAt = expr("string(now().UnixMilli())") # when it happened, however late it arrives: milliseconds, as text
    fields = [                                      # name: the internal name of a property that the form has; 0-1: of a contact
      { objectTypeId = "0-1", name = "email", value = expr("contact.email") },
      { objectTypeId = "0-1", name = "firstname", value = expr("contact.first_name ?? ''") },
      { objectTypeId = "0-1", name = "campaign_name", value = expr("campaign.name") },
    ]
    context = {
      pageUri  = expr("campaign.url")
      pageName = expr("campaign.name")
    }
    legalConsentOptions = {
      consent = {
        consentToProcess = true
        text             = expr("contact.consent_text") # the words that were agreed to
        communications   = []
      }
    }
  }

  rate_limit        = "8/s" # HubSpot allows 100 in 10 seconds, to everything that uses the account
  log_response_body = true  # an error's name stands in the body
  retry {
    permanent = [400] # the submission is bad: it does not get better
  }
}
