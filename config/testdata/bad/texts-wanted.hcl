egress {
  ca_file = ""
}
webhook "crm" {
  url    = "https://h"
  events = ["*"]
  description = []
}
