egress { allow_http = ["127.0.0.1"] }
webhook "t0" {
  url    = "https://h"
  events = ["*"]
  tls { cert = "/run/secrets/client.pem" }
}
webhook "t1" {
  url    = "https://h"
  events = ["*"]
  tls { key = "/run/secrets/client.key" }
}
webhook "t2" {
  url    = "https://h"
  events = ["*"]
  tls {
    cert = "/run/secrets/client.key"
    key  = "/run/secrets/client.key"
  }
}
webhook "t3" {
  url    = "https://h"
  events = ["*"]
  tls {
    cert = "/run/secrets/client.pem"
    key  = credential("locked.key")
  }
}
webhook "t4" {
  url    = "https://h"
  events = ["*"]
  tls {
    cert = "/run/secrets/other.pem"
    key  = credential("client.key")
  }
}
webhook "t5" {
  url    = "https://h"
  events = ["*"]
  tls {
    cert        = "missing.pem"
    key         = env("CRM_PASSWORD")
    ca_file     = "samples/contact.json"
    server_name = "https://h"
    min_version = "1.1"
  }
}
webhook "t6" {
  url    = "https://h"
  events = ["*"]
  tls {
    cert        = [1]
    key         = ""
    server_nam  = "h"
  }
}
webhook "t7" {
  url    = "http://h"
  events = ["*"]
  tls { server_name = "h" }
}
