webhook "no-header" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" {}
}
webhook "null-header" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" { header = null }
}
webhook "reserved" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" { header = "webhook-signature" }
}
webhook "words" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" {
    header           = "X-Signature"
    timestamp_header = "X-SIGNATURE"
    algorithm        = "md5"
    encoding         = "Base64"
    prefix           = "v1={body}"
    content          = "{timestamp}.{boddy}"
  }
}
webhook "braces" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" {
    header  = "X-Signature"
    prefix  = "a\r\nX-Other: b"
    content = "{body"
  }
}
webhook "brace" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" {
    header  = "X-Signature"
    content = "body}"
  }
}
webhook "bare" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" {
    header  = "X-Signature"
    content = "{method} {url} {timestamp}"
  }
}
webhook "secrets" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" {
    header  = env("PD_KEY")
    prefix  = env("PD_KEY")
    content = "{${env("PD_KEY")}}"
  }
}
webhook "events" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  signature "hmac" {
    header  = "X-Signature"
    prefix  = expr("event.id")
    content = ["{body}"]
  }
}
