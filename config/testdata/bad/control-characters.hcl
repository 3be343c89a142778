webhook "a\u001b[31m" {
  url = "https://h"
}
event "e" {
  sample = { a = expr("\u001b[31m(") }
}
