webhook "crm" {
  url    = "https://h"
  events = ["*"]
  payload = {
    a = jsondecode("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")
    b = jsondecode("[1, 1e99999]")
    c = jsondecode("[\n  1,\n  tru\n]")
    d = jsondecode("")
    e = jsondecode(1)
  }
}
