egress { proxy = "http://:canary-password@proxy.example.com:3128" }
