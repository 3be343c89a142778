webhook "crm" {
  url = "https://a
}
