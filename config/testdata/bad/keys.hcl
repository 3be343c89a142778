webhook "crm" {
  url    = "https://h"
  events = ["*"]
  payload = {
    (null)  = 1
    ([1])   = 2
    ({})    = 3
  }
}
