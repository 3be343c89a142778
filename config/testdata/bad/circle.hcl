locals {
  a = "${local.b}"
  b = [local.c]
  c = { x = local.a }
  d = upper(local.d)
}
mapping "m" {
  fields = mapping.m
}
