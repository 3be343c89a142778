# Deliveries and what has become of them are kept for as long as can be said.
agent {
  data_dir      = "data"
  drain_timeout = "1s"
}
listen "http" { address = env("EVENTS") }
console { address = env("CONSOLE") }
queue "embedded" { retain = { delivered = "87600h", failed = "87600h" } }
egress {
  allow   = ["127.0.0.1"]
  ca_file = "../ca.pem"
}
