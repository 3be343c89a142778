locals {
  o = { name = "x" }
  l = [1]
  n = null
}
webhook "crm" {
  url    = "https://h"
  events = ["*"]
  payload = {
    a = 1 / 0
    b = -"x"
    c = upper(local.l[3])
    d = upper(local.o.nme)
    e = upper(local.l.x)
    f = [for x in 5 : x]
    g = [for x in local.n : x]
    h = { for x in ["a", "a"] : x => x }
    i = "a" == 1 && "b"
    j = [for x in ["a"] : x if null]
    k = [for x in ["a"] : x if "x"]
    l = { for x in ["a"] : null => x }
    m = { for x in [{}] : x => x }
    n = upper(local.n.x)
    o = upper(local.n[0])
    p = local.n.*.a
    q = "a ${[for x in [1] : x]}"
    r = "%{ for x in ["a"] }${[]}%{ endfor }"
    s = "%{ if "x" }a%{ endif }"
    t = 5[0]
    u = {}["x"]
    v = local.l[-1]
    w = local.l[0.5]
    x = 10 % 0
  }
}
