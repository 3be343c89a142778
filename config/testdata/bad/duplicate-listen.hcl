listen "http" { address = "127.0.0.1:7481" }
listen "http" { address = "127.0.0.1:7481" }
