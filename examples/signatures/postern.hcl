# One order to receivers that exist already: each checks signatures in its own way.

mapping "order" {
  fields = {
    id    = expr("order.id")
    total = expr("order.total")
  }
}

webhook "standard" {
  url     = "https://api.example.com/hooks"
  events  = ["order.paid"]
  secret  = [env("NEW_SECRET"), env("OLD_SECRET"), env("PRIVATE_KEY")] # any one of them convinces
  payload = mapping.order
}

webhook "build" {
  url     = "https://ci.example.com/github"
  events  = ["order.paid"]
  secret  = env("HUB_SECRET")
  payload = mapping.order
  headers = { "X-GitHub-Event" = "order" }
  signature "github" {}
}

webhook "ledger" {
  url     = "https://ledger.example.com/stripe"
  events  = ["order.paid"]
  secret  = env("LEDGER_SECRET") # whsec_…: Stripe's libraries take it whole
  payload = mapping.order
  signature "stripe" {}
}

webhook "store" {
  url     = "https://store.example.com/webhooks"
  events  = ["order.paid"]
  secret  = env("HUB_SECRET")
  payload = mapping.order
  signature "shopify" {}
}

webhook "chat" {
  url     = "https://bot.example.com/slack/events"
  events  = ["order.paid"]
  secret  = env("HUB_SECRET")
  payload = { text = "Order ${expr("order.id")} is paid" }
  signature "hmac" { # as Slack signs
    header           = "X-Slack-Signature"
    timestamp_header = "X-Slack-Request-Timestamp"
    prefix           = "v0="
    content          = "v0:{timestamp}:{body}"
  }
}

webhook "sheet" {
  url     = "https://sheets.example.com/row?sheet=orders"
  method  = "GET"
  events  = ["order.paid"]
  secret  = env("HUB_SECRET")
  payload = mapping.order
  signature "hmac" { # the address is signed, and the payload is in it
    header    = "X-Signature"
    algorithm = "sha1"
    encoding  = "base64"
    content   = "{url}"
  }
}
