mapping "m" {
  fields = { a = "{{ contact.email }}" }
}
webhook "crm" {
  url     = "https://h/{{contact.id}}"
  events  = ["*"]
  headers = { "X-A" = "a {{event.id}}" }
  query   = { b = "{{b}}${expr("c")}" }
  payload = merge(mapping.m, {
    b = ["{{contact.name}}", "{ {x} }", "{{1}}", expr("'{{contact.name}}'")]
  })
}
