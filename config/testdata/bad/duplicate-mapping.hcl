mapping "a" {
  fields = {}
}
mapping "a" {
  fields = {}
}
