webhook "a" {
  url    = "https://h/x"
  Events = ["*"]
  auth "basic" {
    user = "a"
    pass = env("CRM_PASSWORD")
  }
}
webhook "b" {
  link   = "https://h/x"
  events = ["*"]
}
mapping "c" {
  fields { a = 1 }
}
