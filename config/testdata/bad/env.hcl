webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = {
    a = env("UNSET")
    b = env()
    c = env("A", "b", "c")
    d = env(1)
    e = evn("X")
    f = env(null)
  }
}
