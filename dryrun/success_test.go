package dryrun

import (
	"strings"
	"testing"
)

const pickySlack = `
webhook "slack" {
  url          = "https://hooks.slack.example/x"
  events       = ["*"]
  success_when = expr("status < 300 && body?.ok != false")
  retry { schedule = ["1s", "1s"] }
}
webhook "sheet" {
  url          = "https://script.example/x"
  events       = ["*"]
  method       = "GET"
  success_when = expr("status == 302 && headers.location contains 'googleusercontent'")
  retry { permanent = [200] }
}
`

// Tests judge answers by success_when as an agent does.
func TestSuccessWhenInTests(t *testing.T) {
	with := func(slack, sheet string) string {
		return pickySlack + test1(`event = { type = "x", data = {} }
  expect "slack" { `+slack+` }
  expect "sheet" { `+sheet+` }
  assert { condition = expr("requests.slack.state == 'delivered' && requests.sheet.state == 'delivered'") }`)
	}
	lines := func(attributes ...string) string { return "\n    " + strings.Join(attributes, "\n    ") + "\n  " }
	sheetOK := lines(`respond = [{ status = 302, headers = { Location = "https://script.googleusercontent.com/m" } }]`, `attempts = 1`)
	for _, tt := range []struct{ slack, sheet, want string }{
		{lines(`respond = [{ status = 200, body = { ok = false, error = "ratelimited" } }, 503, { status = 200, body = { ok = true } }]`, `attempts = 3`), sheetOK, ""},
		{lines(`respond = [{ status = 200, body = "ok" }]`, `attempts = 1`), sheetOK, ""},
		{lines(`respond = [{ status = 200, body = "{\"ok\": false}" }, 200]`, `attempts = 2`), sheetOK, ""},
		{``, sheetOK, ""},
		{lines(`respond = [{ status = 200, body = { ok = false } }]`, `attempts = 1`), sheetOK, `
slack: attempts: wanted 1, got 3: 200 (success_when), 200 (success_when), 200 (success_when), failed @ 1
  success_when is false for status 200
assert: requests.slack.state == 'delivered' && requests.sheet.state == 'delivered' does not hold @ expr("requests.slack.state == 'delivered' && requests.sheet.state == 'delivered'") }
  requests.slack.state = "failed"
  requests.sheet.state = "delivered"
`},
		{lines(`respond = [{ status = 200, body = { ok = false } }, 200, 200]`), sheetOK, `
slack: respond: has 3 answers, and there are only 2 attempts: 200 (success_when), 200, delivered @ "slack" {
`},
		{``, lines(`attempts = 2`), `
sheet: attempts: wanted 2, got 1: 200 (success_when), failed @ 2
  success_when is false for status 200
assert: requests.slack.state == 'delivered' && requests.sheet.state == 'delivered' does not hold @ expr("requests.slack.state == 'delivered' && requests.sheet.state == 'delivered'") }
  requests.slack.state = "delivered"
  requests.sheet.state = "failed"
`},
	} {
		wantTold(t, with(tt.slack, tt.sheet), tt.want)
	}
}

func TestASuccessWhenThatFailsIsTold(t *testing.T) {
	wantTold(t, `
webhook "strict" {
  url          = "https://h.example/"
  events       = ["*"]
  success_when = expr("body.ok")
  retry { schedule = [] }
}
`+test1(`event = { type = "x", data = {} }
  expect "strict" {
    respond  = [{ status = 200, body = "fine" }]
    attempts = 2
  }`), `
strict: attempts: wanted 2, got 1: 200 (success_when), failed @ 2
  success_when fails for status 200: body.ok yields null, not true or false
`)
}
