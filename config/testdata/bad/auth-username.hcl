webhook "crm" {
  url    = "https://h"
  events = ["*"]
  auth "basic" {
    username = env("BROKEN")
    password = []
  }
}
