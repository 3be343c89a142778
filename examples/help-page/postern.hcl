# The webhook page of a campaign tool, setting by setting.

event "contact.subscribed" {
  description = "A contact joined a list"
  sample      = jsondecode(file("contact.subscribed.json"))
}

webhook "campaign-events" {
  url          = "https://api.example.com/webhooks/campaign-events" # Payload URL
  content_type = "json"                                             # Content type
  method       = "POST"                                             # Method

  auth "basic" { # Authentication
    username = "campaign"
    password = env("CRM_PASSWORD")
  }

  secret            = env("CRM_SECRET")      # Secret
  log_response_body = true                   # Log response body
  active            = true                   # Active
  events            = ["contact.subscribed"] # Event subscriptions

  payload = {                             # Custom payload
    email         = expr("contact.email") # Field name = field mapping: Contact Email
    campaign_name = expr("campaign.name") # Field name = field mapping: Campaign Name
    source        = "webhook"             # Field name = custom value
  }
}
