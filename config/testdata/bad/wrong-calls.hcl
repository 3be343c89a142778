webhook "crm" {
  url    = "https://h"
  events = ["*"]
  payload = {
    a = lower("a", "b")
    b = lower()
    c = join(",", 5)
    d = format("%d", "x")
    e = jsondecode("[")
    f = jsonencode()
    g = plain()
    h = base64encode(null)
    i = credential()
    j = trimspace({})
    k = ns::f(1)
    l = lower(["a"]...)
    m = lower(1...)
  }
}
