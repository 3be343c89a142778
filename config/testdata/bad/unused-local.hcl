locals {
  a = env("UNSET")
  b = expr("1 +")
  c = unknown("x")
}
