queue "embedded" {
  max_bytes = "1KB"
  retain    = "24h"
}
