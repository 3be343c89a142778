queue "embedded" {
  max_bytes = "lots"
  max_age   = "0s"
  retain    = { delivered = "x", faild = "1h" }
}
