webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["*"]
  circuit {
    failures    = 1001
    probe_after = "1ms"
    max_wait    = "25h"
    probes      = 2
  }
}
webhook "cms" {
  url    = "https://api.example.com/x"
  events = ["*"]
  circuit "fast" { failures = -1 }
}
webhook "pim" {
  url     = "https://api.example.com/x"
  events  = ["*"]
  circuit = { failures = 3 }
}
