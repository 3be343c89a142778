webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = {
    a = lower(env("PD_KEY"))
    b = "x ${base64encode(env("PD_KEY"))}"
    c = jsondecode("[1]")
    d = env("PD_KEY") == "x" ? "a" : "b"
    e = [upper(credential("token"))]
    f = local.made
    g = plain(env("PORT"))
    h = join(",", ["a", env("PD_KEY")])
    i = format("%s", env("PD_KEY"))
    j = lower("x ${env("PD_KEY")}")
  }
  headers = { X = upper(env("PD_KEY")) }
  query = { x = upper(env("PD_KEY")) }
  description = env("PD_KEY")
}
webhook "b" {
  url    = "https://h/${lower(env("PD_KEY"))}"
  events = ["contact.subscribed"]
  
}
webhook "c" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = {
    a = jsondecode(env("NOT_JSON"))
    (env("PD_KEY")) = 1
    c = format("%d", env("PD_KEY"))
    d = join(env("PD_KEY"), 1)
  }
}
locals {
  made = trimspace(env("PD_KEY"))
}
