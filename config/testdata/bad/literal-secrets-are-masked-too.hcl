webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  timeout = "x"
  secret = ["canary-literal-1-long-enough", { a = "canary-literal-4" }]
  headers = { "Authorization" = ["canary-literal-2"] }
  query = { api_key = ["canary-literal-3"], url = ["https://u:canary@h"] }
  description = env("UNSET", "canary-literal-5")
}
