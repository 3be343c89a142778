event "a" {
  sample = "text"
}
event "b" {
  sample = { a = expr("x") }
}
event "c" {
  sample = { a = env("PD_KEY") }
  description = env("PD_KEY")
}
event "d" {
  sample = jsondecode("{\"a\": 1, \"a\": 2}")
}
event "e" {
  sample = jsondecode(env("NOT_JSON"))
}
event "f" {
  sample = jsondecode("{\"a\"")
}
event "g" {
  sample = jsondecode("{} {}")
}
