webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = {
    a = file("/etc/passwd")
    b = file("../bad/env.hcl")
    c = file("missing.txt")
    d = file("samples")
    e = file("")
    f = credential("missing")
    g = credential("../x")
    h = file("/run/secrets/missing")
  }
}
