webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  content_type = "form"
  form {
    lists = "indx"
    field = ""
  }
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  form {}
}
