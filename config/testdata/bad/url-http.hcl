webhook "crm" {
  url    = "http://crm.example.com/x"
  events = ["contact.subscribed"]
  
}
