event "contact.subscribed" {
  sample = { contact = { email = "a@b.c" } }
}
webhook "crm" {
  url    = "https://h"
  events = ["*"]
}
test "nothing said" {}
test "twice" {
  event = { type = "contact.subscribed", data = {} }
}
test "twice" {
  event = { type = "contact.subscribed", data = {} }
}
test "event" {
  event = { typ = "x", data = [1], id = "a b", time = "yesterday", source = {} }
  env   = { A = ["x"], B = env("PD_KEY") }
  now   = "noon"
  expct "crm" {}
}
test "no event at all" {
  event = "contact.subscribed"
}
test "null" {
  event = null
  assert { condition = null }
}
test "undeclared" {
  event = { type = "contact.subscribd", data = {} }
}
test "event without" {
  event = {}
}
test "bad type" {
  event = { type = "a*", data = {} }
}
test "secrets" {
  event = { type = "contact.subscribed", data = { key = env("PD_KEY") } }
  expect "crm" {
    json = { a = expr("contact.email") }
    body = env("PD_KEY")
  }
}
test "expects" {
  event = { type = "contact.subscribed", data = {} }
  expect "crn" {}
  expect {}
  expect "crm" {
    method        = 1
    url           = null
    headers       = "X"
    query         = { a = { b = 1 }, c = [["d"]] }
    json          = null
    json_contains = 1
    form          = ["a"]
    body          = {}
    signed        = "yes"
    respond       = [99, "x"]
    attempts      = "two"
    status        = 1
  }
  expect "crm" {}
}
test "nothing asked" {
  event = { type = "contact.subscribed", data = {} }
  expect "crm" {
    headers = {}
    query   = { a = null }
    form    = { a = ["b", null] }
  }
}
test "lists" {
  event = { type = "contact.subscribed", data = {} }
  expect "crm" {
    headers = { X = ["a"] }
    respond = [{ stats = 200 }, { status = "x", headers = ["X"] }, [200], { status = 200, headers = { X = {} }, body = env("PD_KEY") }, { status = 200, headers = { X = [] } }]
  }
}
test "asserts" {
  event = { type = "contact.subscribed", data = {} }
  assert {}
  assert "x" { condition = expr("true") }
  assert { condition = "true" }
  assert { condition = expr("1 + 1") }
  assert { condition = expr("requests.crm.json.total >") }
}
test "bad CloudEvents" {
  event = { type = "contact.subscribed", data = {}, ce_id = "", ce = { X = 1, list = [1] } }
}
test "no attributes" {
  event = { type = "contact.subscribed", data = {}, ce = "contact/42" }
}
