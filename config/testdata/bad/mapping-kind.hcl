mapping "m" {
  fields = "x"
}
