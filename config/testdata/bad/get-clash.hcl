webhook "a" {
  url     = "https://h/x?key=1&tag=a"
  method  = "GET"
  events  = ["*"]
  query   = { tag = "b", list = "c" }
  payload = { key = 1, list = { a = 2 }, free = 3 }
}
webhook "b" {
  url    = "https://h/x?type=1"
  method = "GET"
  events = ["*"]
}
webhook "c" {
  url    = "https://h/x?payload=1"
  method = "GET"
  events = ["*"]
  form {
    field = "payload"
  }
}
