webhook "behind" {
  url    = "https://h/x "
  events = ["*"]
}
webhook "before" {
  url    = " https://h/x"
  events = ["*"]
}
webhook "within" {
  url    = "https://h/a b"
  events = ["*"]
}
