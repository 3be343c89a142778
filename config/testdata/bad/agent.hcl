agent {
  log_level  = "inf"
  log_format = "xml"
  shutdown_delay = "-1s"
  data_dir = ""
  nme = 1
}
