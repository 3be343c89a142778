egress {
  allow      = ["10.0.0.0/33", "example.com", "10.1.2.3/16", "127.0.0.1:0", "127.0.0.1:x", "fe80::1%eth0", "::1", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104"]
  allow_http = "10.0.0.0/8"
  ca_file    = "samples/contact.json"
}
