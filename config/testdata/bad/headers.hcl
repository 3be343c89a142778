webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  headers = {
    Host              = "a"
    "Content-Type"    = "b"
    "webhook-id"      = "c"
    "Proxy-Connection" = "d"
    "bad name"        = "e"
    "X-A"             = "f"
    "x-a"             = "g"
    "X-Break"         = "a\nb"
    "X-Env"           = env("BROKEN")
    "X-List"          = []
    "User-Agent"      = "mine"
    "X-Null"          = null
    "X-Tab"           = "a\tb"
    Content-Length    = "1"
    Transfer-Encoding = "chunked"
    Connection        = "close"
    Webhook-Signature = "v1,a"
  }
}
