egress { proxy = "proxy.example.com:3128" }
