egress { proxy = "http://u:canary-password@proxy.example.com:3128" }
