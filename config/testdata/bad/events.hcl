webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["", "a*", "*.a", " a", "a\u0007", "ok", "ok", 1, ["x"], null]
  
}
