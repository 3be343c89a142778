webhook "crm" {
  url    = "https://h"
  events = ["*"]
  auth "bearer" { token = correct.horse }
}
