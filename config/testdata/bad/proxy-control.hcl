egress { proxy = "http://u:${env("BROKEN")}@proxy.example.com:3128" }
