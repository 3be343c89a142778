egress {
  ca_file = "missing.pem"
}
