webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  secret   = ["canary-literal-1", 5]
  headers  = { "X-Api-Key" = "canary-literal-2", Bad = [] }
  payload = {
    token = "canary-literal-3", oops
  }
}
