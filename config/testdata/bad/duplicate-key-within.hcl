webhook "crm" {
  url     = "https://h"
  events  = ["*"]
  payload = {
    a = jsonencode({ x = 1, "x" = 2 })
    b = [for i in [1] : { y = i, y = 2 }]
    c = true ? { z = 1 } : { q = 1, q = 2 }
  }
}
