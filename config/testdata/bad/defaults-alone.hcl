defaults {
  secret       = expr("contact.email")
  url          = "http://h/x"
  events       = "x"
  method       = "DELETE"
  timeout      = "1"
  headers      = { "Content-Length" = "1" }
  query        = 1
  payload      = { a = "{{x}}" }
  filter       = "contact.vip"
  success_when = "status == 200"
  rate_limit   = 5
  concurrency  = 0
  retry {
    schedule = [1]
  }
  auth "basic" {
    username = 1
  }
  tls {
    min_version = "1.0"
  }
  form {
    lists = "x"
  }
  signature "none" {}
}
