locals {
  ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
}
webhook "crm" {
  url    = "https://h"
  events = ["*"]
  payload = {
    a = [for a in local.ten : [for b in local.ten : [for c in local.ten : [for d in local.ten : [for e in local.ten : [for f in local.ten : [for g in local.ten : [for h in local.ten : 1]]]]]]]]
  }
}
