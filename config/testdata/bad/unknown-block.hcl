webhok "crm" {
  url = "https://a"
}
