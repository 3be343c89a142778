agent {
  data_dir       = "/var/lib/postern"
  log_level      = env("LOG_LEVEL", "info")
  log_format     = "json"
  shutdown_delay = "0s"
  drain_timeout  = "8s"
}

listen "http" { address = "127.0.0.1:7480" }
listen "unix" {
  path = "/run/postern/postern.sock"
  mode = "0660"
}

console { address = "127.0.0.1:7481" }

queue "embedded" {
  max_bytes = "1GiB"
  max_age   = "72h"
  retain    = { delivered = "24h", failed = "720h" }
}

egress {
  allow         = ["10.1.0.0/16", "127.0.0.1:9000", "[::1]:80", "10.0.0.0/8:443"]
  allow_http    = ["10.1.0.0/16"]
  max_in_flight = 256
}

event "contact.subscribed" {
  description = "A contact joined a list"
  sample      = jsondecode(file("samples/contact.json"))
}

event "campaign.finished" {}

locals {
  base = "https://api.example.com"
}

mapping "contact_basic" {
  fields = {
    email         = expr("contact.email")
    campaign_name = expr("campaign.name")
    source        = "webhook"
  }
}

defaults {
  timeout = "15s"
}

webhook "crm" {
  description       = "New contacts into the CRM"
  url               = "${local.base}/webhooks/campaign-events"
  method            = "POST"
  content_type      = "json"
  events            = ["contact.*", "campaign.finished"]
  filter            = expr("contact.country in ['DE', 'AT']")
  active            = true
  secret            = env("CRM_WEBHOOK_SECRET")
  log_response_body = true
  payload           = merge(mapping.contact_basic, { id = expr("contact.id") })

  auth "basic" {
    username = "postern"
    password = env("CRM_PASSWORD")
  }

  headers     = { "X-Campaign" = expr("campaign.id") }
  query       = { source = "campaign" }
  timeout     = "15s"
  concurrency = 8
  rate_limit  = "50/s"
  retry {
    schedule        = ["5s", "1m", "5m", "30m", "2h", "5h", "10h", "14h", "20h"]
    permanent       = []
    max_retry_after = "1h"
  }
  circuit {
    failures    = 10
    probe_after = "5s"
    max_wait    = "5m"
  }
}

test "german contacts reach the CRM" {
  event = { type = "contact.subscribed", data = { contact = { email = "user@example.com", country = "DE" } } }
  expect "crm" { json = { email = "user@example.com", campaign_name = null, source = "webhook", id = null } }
}
