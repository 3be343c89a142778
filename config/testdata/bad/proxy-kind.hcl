egress {
  proxy      = ["http://proxy.example.com"]
  dns_server = "dns.example.com"
}
