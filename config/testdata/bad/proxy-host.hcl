egress { proxy = "http://proxy.example.com/path" }
