listen "http" { address = "0.0.0.0:7480" }
listen "http" { address = "postern:7482" }
listen "http" { address = ":7483" }
listen "http" { address = "127.0.0.1" }
listen "http" { address = "127.0.0.1:99999" }
listen "http" {
  address = "0.0.0.0:7484"
  token   = ""
}
listen "http" {
  address = "0.0.0.0:7485"
  token   = "canary-literal"
  hosts   = ["postern:80", ""]
}
listen "tcp" {}
listen "http" { address = "1.2.3:80" }
console { address = "[::]:7481" }
listen "http" {
  address = "0.0.0.0:7486"
  token   = env("NOT_SET")
}
listen "http" {
  address = "0.0.0.0:7487"
  token   = null
}
