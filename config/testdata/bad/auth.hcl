webhook "a0" {
  url    = "https://h"
  events = ["*"]
  auth "basik" {}
}
webhook "a1" {
  url    = "https://h"
  events = ["*"]
  auth "basic" {}
}
webhook "a2" {
  url    = "https://h"
  events = ["*"]
  auth "basic" {
    username = env("COLON")
    password = env("CRM_PASSWORD")
  }
}
webhook "a3" {
  url    = "https://h"
  events = ["*"]
  auth "bearer" { token = "" }
}
webhook "a4" {
  url    = "https://h"
  events = ["*"]
  auth "bearer" { token = env("BROKEN") }
}
webhook "a5" {
  url    = "https://h"
  events = ["*"]
  auth "header" {
    name  = "Host"
    value = env("PD_KEY")
  }
}
webhook "a6" {
  url    = "https://h"
  events = ["*"]
  auth "header" { name = "X-Key" }
}
webhook "a7" {
  url    = "https://h"
  events = ["*"]
  auth "bearer" { tokn = "a" }
}
webhook "a8" {
  url    = "https://h"
  events = ["*"]
  auth {}
}
webhook "a9" {
  url    = "https://h"
  events = ["*"]
  auth "basic" {
    username = "u"
    password = "canary-literal"
  }
}
webhook "a10" {
  url    = "https://h"
  events = ["*"]
  auth "bearer" { token = null }
}
