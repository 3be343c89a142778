webhook "u0" {
  url    = "https://h/#frag"
  events = ["*"]
}
webhook "u1" {
  url    = "https://"
  events = ["*"]
}
webhook "u2" {
  url    = "https://h:0/"
  events = ["*"]
}
webhook "u3" {
  url    = "https://h:99999/"
  events = ["*"]
}
webhook "u4" {
  url    = "file:///etc/passwd"
  events = ["*"]
}
webhook "u5" {
  url    = "https://h/\tx"
  events = ["*"]
}
webhook "u6" {
  url    = "https://[127.0.0.1]/"
  events = ["*"]
}
webhook "u7" {
  url    = "/relative"
  events = ["*"]
}
webhook "u8" {
  url    = null
  events = ["*"]
}
webhook "u9" {
  url    = ["https://h"]
  events = ["*"]
}
webhook "u10" {
  url    = "https://${expr("contact.host")}/x"
  events = ["*"]
}
webhook "u11" {
  url    = "${expr("contact.url")}"
  events = ["*"]
}
webhook "u12" {
  url    = "https://h:${env("PORT")}/x"
  events = ["*"]
}
