# Entries of a campaign, as leads of Salesforce, by the form that Web-to-Lead generates.

event "contact.subscribed" {
  sample = jsondecode(file("event.json")).data # what the expressions are checked against
}

webhook "salesforce" {
  url          = "https://webto.salesforce.com/servlet/servlet.WebToLead" # as in the generated form: action=…
  query        = { encoding = "UTF-8" }
  content_type = "form"
  events       = ["contact.subscribed"]

  # Names as in the generated form: name=…. Custom fields are named by their id, 00N….
  payload = {
    oid             = env("SALESFORCE_OID") # the organisation; whoever knows it can add leads
    first_name      = expr("contact.first_name")
    last_name       = expr("contact.last_name ?? contact.email") # a lead needs one
    company         = expr("contact.company ?? '(private)'")     # and one of these
    email           = expr("contact.email")
    phone           = expr("contact.phone") # null: left out
    lead_source     = "Campaign"
    "00N5g00000Abc" = expr("contact.consent ? 1 : 0") # a checkbox
    "00N5g00000Def" = expr("campaign.name")
    "00N5g00000Ghi" = expr("event.id") # by which a lead that came twice is known
  }

  concurrency = 1
}
