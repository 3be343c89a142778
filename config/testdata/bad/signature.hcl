webhook "no-secret" {
  url    = "https://h"
  events = ["*"]
  signature "github" {}
}
webhook "null-secret" {
  url    = "https://h"
  events = ["*"]
  secret = null
  signature "standard" {}
}
webhook "unknown" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_WEBHOOK_SECRET")
  signature "githab" {}
}
webhook "unnamed" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_WEBHOOK_SECRET")
  signature {}
}
webhook "twice" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_WEBHOOK_SECRET")
  signature "stripe" {}
  signature "shopify" {}
}
webhook "with-parts" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_WEBHOOK_SECRET")
  signature "stripe" { header = "X-Mine" }
}
webhook "pair" {
  url    = "https://h"
  events = ["*"]
  secret = env("PRIVATE_KEY")
  signature "github" {}
}
webhook "public" {
  url    = "https://h"
  events = ["*"]
  secret = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
}
webhook "half" {
  url    = "https://h"
  events = ["*"]
  secret = "whsk_AAAA"
}
webhook "rotating" {
  url    = "https://h"
  events = ["*"]
  secret = [env("CRM_WEBHOOK_SECRET"), env("CRM_PASSWORD")]
  signature "shopify" {}
}
webhook "rotating-stripe" {
  url    = "https://h"
  events = ["*"]
  secret = [env("CRM_WEBHOOK_SECRET"), env("CRM_PASSWORD")]
  signature "stripe" {}
}
webhook "decoded" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_WEBHOOK_SECRET")
  signature "github" {}
}
webhook "headers" {
  url     = "https://h"
  events  = ["*"]
  secret  = env("CRM_PASSWORD")
  headers = { "x-hub-signature-256" = "mine" }
  signature "github" {}
}
webhook "auth" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" { header = "Authorization" }
  auth "bearer" { token = env("PD_KEY") }
}
webhook "get" {
  url    = "https://h"
  method = "GET"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" {
    header  = "X-Signature"
    content = "{url}"
  }
}
