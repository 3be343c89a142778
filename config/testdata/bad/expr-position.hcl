webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = {
    plain   = expr("contact.email +")
    escaped = expr("\"\u00e9\t\" + )")
    quoted  = "Hello ${expr("nested(")} there"
    heredoc = expr(<<-EOT
      first +
        second +
          )
    EOT
    )
  }
}
