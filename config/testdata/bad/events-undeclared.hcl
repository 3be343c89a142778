event "contact.subscribed" {}
event "Prize Won" {}
webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribd", "contcat.*", "contact.*", "Prize Won", "*", "other", "contact.subscribed.*"]
  
}
