agent {
  limits {}
}
listen "http" {
  tls {}
}
webhook "crm" {
  url    = "https://h"
  events = ["*"]
  retries {}
  schedule = ["5s"]
}
