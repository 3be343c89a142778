webhook "crm" {
  url               = "https://h/x"
  method            = GET
  events            = [contact.subscribed]
  active            = on
  log_response_body = No
  filter            = none
  description       = env.LOG_LEVEL
}
