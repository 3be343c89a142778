webhook "s0" {
  url    = "https://h"
  events = ["*"]
  secret = ""
}
webhook "s1" {
  url    = "https://h"
  events = ["*"]
  secret = env("SHORT")
}
webhook "s2" {
  url    = "https://h"
  events = ["*"]
  secret = "whsec_!!!"
}
webhook "s3" {
  url    = "https://h"
  events = ["*"]
  secret = []
}
webhook "s4" {
  url    = "https://h"
  events = ["*"]
  secret = ["", env("CRM_WEBHOOK_SECRET")]
}
webhook "s5" {
  url    = "https://h"
  events = ["*"]
  secret = "literal-secret-of-some-length"
}
webhook "s6" {
  url    = "https://h"
  events = ["*"]
  secret = env("UNSET")
}
webhook "s7" {
  url    = "https://h"
  events = ["*"]
  secret = { a = 1 }
}
webhook "s8" {
  url    = "https://h"
  events = ["*"]
  secret = expr("contact.id")
}
webhook "s9" {
  url    = "https://h"
  events = ["*"]
  secret = env("CRM_PASSWORD")
}
webhook "s10" {
  url    = "https://h"
  events = ["*"]
  secret = [["a"]]
}
webhook "s11" {
  url    = "https://h"
  events = ["*"]
  secret = "whsec_c2hvcnQ="
}
