locals {
  a {}
}
