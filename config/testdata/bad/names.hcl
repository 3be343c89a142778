webhook "a b" {
  url    = "https://a"
  events = ["*"]
}
webhook {
  url    = "https://a"
  events = ["*"]
}
webhook "a" "b" {}
agent "x" {}
mapping "ü" {
  fields = {}
}
