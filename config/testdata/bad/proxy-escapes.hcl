egress { proxy = "http://u:canary-100%@proxy.example.com:3128" }
