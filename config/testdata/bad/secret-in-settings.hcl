agent {
  log_level = env("PD_KEY")
  drain_timeout = env("PD_KEY")
  allow_empty = env("PD_KEY")
}
egress {
  allow = [env("PD_KEY")]
  ca_file = env("PD_KEY")
  max_in_flight = env("PD_KEY")
}
listen "http" {
  address = env("PD_KEY")
}
webhook "crm" {
  url    = "https://api.example.com/x"
  events = [env("BROKEN")]
  method = env("PD_KEY")
  rate_limit = env("PD_KEY")
  on_inactive = env("PD_KEY")
}
