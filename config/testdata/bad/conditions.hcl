locals {
  mail = expr("contact.email")
}
webhook "crm" {
  url    = "https://h"
  events = ["*"]
  payload = {
    a = null ? 1 : 2
    b = [] ? 1 : 2
    c = local.mail ? 1 : 2
    d = local.mail == "x" ? 1 : 2
  }
}
