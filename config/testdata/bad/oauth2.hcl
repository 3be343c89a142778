webhook "a0" {
  url    = "https://h"
  events = ["*"]
  auth "oauth2" {}
}
webhook "a1" {
  url    = "https://h"
  events = ["*"]
  auth "oauth2" {
    token_url     = "http://login.example.com/token"
    client_id     = ""
    client_secret = "canary-literal"
    scopes        = ["read write", ""]
  }
}
webhook "a2" {
  url    = "https://h"
  events = ["*"]
  auth "oauth2" {
    token_url     = "https://login.example.com/${expr("contact.id")}"
    client_id     = "c"
    client_secret = env("BROKEN")
    scopes        = "read"
  }
}
webhook "a3" {
  url     = "https://h"
  events  = ["*"]
  headers = { Authorization = "x" }
  auth "oauth2" {
    token_url     = "https://u@login.example.com"
    client_id     = "c"
    client_secret = env("CRM_PASSWORD")
  }
}
webhook "a4" {
  url    = "https://h"
  events = ["*"]
  method = "GET"
  auth "oauth2" {
    token_url     = ["https://login.example.com"]
    client_id     = "c"
    client_secret = env("CRM_PASSWORD")
  }
}
