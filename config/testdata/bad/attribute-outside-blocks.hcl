timeout = "15s"
