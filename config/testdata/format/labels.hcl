webhook crm {
  url = "https://h.example.com"
  auth basic { username = "u" }
}
listen unix {}
webhook "a-b" {}
mapping a-b{}
