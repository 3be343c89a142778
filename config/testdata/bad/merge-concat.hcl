webhook "crm" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = merge({ a = 1 }, [1], "x")
  headers = { a = join(",", concat(["a"], "b")) }
}
webhook "b" {
  url    = "https://api.example.com/x"
  events = ["contact.subscribed"]
  payload = { a = concat([1], { b = 2 }), c = merge([1]...), d = concat(5...) }
}
