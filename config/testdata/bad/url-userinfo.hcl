webhook "crm" {
  url    = "https://user:canary-password-0123456789@api.example.com/x"
  events = ["contact.subscribed"]
  
}
