defaults {
  timeout = "x"
  contnt_type = "json"
  retry {
    schedule = "x"
  }
}
