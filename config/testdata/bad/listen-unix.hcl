listen "unix" {
  path = "/run/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
  mode = 660
}
listen "unix" {
  path = ""
  mode = "0999"
}
listen "unix" {
  path = "@abstract"
  mode = "06600"
}
