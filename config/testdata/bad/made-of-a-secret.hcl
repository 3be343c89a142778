webhook "crm" {
  url    = "https://h"
  events = ["*"]
  payload = { a = env("PD_KEY") == "x" }
}
