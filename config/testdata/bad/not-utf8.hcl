webhook "crm" {
  url    = "https://h"
  events = ["*"]
  payload = {
    a = env("BINARY")
    b = file("samples/binary.txt")
  }
}
