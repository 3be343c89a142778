agent {
  data_dir       = "/data"
  log_level      = env("LOG_LEVEL")
  log_format     = "console"
  shutdown_delay = "250ms"
  drain_timeout  = "1m30s"
  allow_empty    = true
}
listen "http" {
  address = "0.0.0.0:7000"
  token   = env("PD_KEY")
  hosts   = ["Postern"]
}
listen "unix" { path = "postern.sock" }
console { address = "localhost:0" }
queue "embedded" {
  max_bytes = "500MB"
  max_age   = "10ms"
  retain    = { failed = "1h" }
}
egress {
  allow         = ["10.1.0.0/16", "127.0.0.1:9000", "[::1]:80", "10.0.0.0/8:443", "::ffff:10.0.0.1"]
  allow_http    = [env("UNSET", "127.0.0.1")]
  proxy         = env("PROXY")
  dns_server    = "10.0.0.53"
  max_in_flight = env("UNSET", "7")
}
event "a" {
  description = "A"
  sample      = { z = 19.90, a = [true, null, "<&>"] }
}
event "contact.made" {}
webhook "crm" {
  description       = "D"
  url               = "https://h/${env("PD_KEY")}/${expr("contact.id")}?k=${env("PORT")}"
  method            = "put"
  content_type      = "APPLICATION/x-www-form-urlencoded"
  events            = ["contact.made", "contact.*"]
  filter            = expr("contact.ok == true")
  active            = false
  on_inactive       = "skip"
  log_response_body = true
  secret            = [env("CRM_WEBHOOK_SECRET"), "plain text of enough length"]
  timeout           = "20ms"
  concurrency       = 3
  rate_limit        = "90/m"
  headers           = { "X-A" = 12345678901234567890, "X-B" = "a${env("PD_KEY")}b", "X-None" = null, "X-E" = "" }
  query             = { q = expr("q"), b = true }
  retry {
    schedule        = ["1ms", "1h"]
    permanent       = [400, 422]
    max_retry_after = "0s"
  }
  circuit {
    failures    = 0
    probe_after = "100ms"
    max_wait    = "24h"
  }
  form {
    lists = "empty"
    field = "payload"
  }
  auth "header" {
    name  = "X-Key"
    value = "Bearer ${file("/run/secrets/token")}"
  }
}
webhook "kept" {
  url    = "https://h"
  events = ["contact.*"]
  secret = ""
  auth "basic" {
    username = "u"
    password = ""
  }
}
webhook "tokens" {
  url    = "https://h"
  events = ["a"]
  auth "oauth2" {
    token_url     = "https://login.example.com/${env("PD_KEY")}/token"
    client_id     = "postern"
    client_secret = env("CRM_PASSWORD")
    scopes        = ["events:write", "x"]
    audience      = "https://api.example.com"
  }
  tls {
    cert        = "/run/secrets/client.pem"
    key         = credential("client.key")
    server_name = "h.example"
  }
}
