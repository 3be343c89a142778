package dryrun

import (
	"strings"
	"testing"
)

// What makes tests of configurations pass elsewhere though something is wrong,
// and here must not.
func TestFalsePasses(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"a webhook that matches and nobody mentions": {
			hooks + test1(subscribedEvent+`expect "crm" {}
  expect "form" {}`),
			`get: matches, and this test does not expect it`,
		},
		"one of several outputs is right": {
			hooks + test1(subscribedEvent+`expect "crm" { json_contains = { id = 7 } }
  expect "form" { form = { email = "u@example.com" } }
  expect "get" {}`),
			`form: form.tags: is not wanted`,
		},
		"a webhook that does not exist": {
			hooks + test1(subscribedEvent+`expect "crn" {}`),
			`There is no webhook "crn".`,
		},
		"a webhook that does not match": {
			hooks + test1(`event = { type = "contact.gone", data = { contact = { country = "FR", x = 1 } } }
  expect "crm" {}
  expect "form" {}`),
			`The event "contact.gone" is not declared.`,
		},
		"a filter that says no": {
			hooks + test1(`event = { type = "contact.subscribed", data = { contact = { country = "FR" } } }
  expect "crm" {}
  expect "form" {}
  expect "get" {}`),
			`crm: does not match: its filter says no: contact.country = "FR"`,
		},
		"nothing is expected at all": {
			hooks + test1(subscribedEvent),
			`crm: matches, and this test does not expect it`,
		},
		"an event that the sample does not know": {
			hooks + test1(`event = { type = "contact.subscribed", data = { contact = { countri = "DE" } } }
  expect "form" {}
  expect "get" {}`),
			`event.data.contact.countri: is not in the sample of contact.subscribed; did you mean "country"?`,
		},
		"a text that looks like a number": {
			hooks + test1(subscribedEvent+`expect "crm" { json_contains = { id = "7" } }
  expect "form" {}
  expect "get" {}`),
			`crm: json_contains.id: wanted "7", got 7`,
		},
		"an empty part": {
			hooks + test1(subscribedEvent+`expect "crm" { json_contains = {} }
  expect "form" {}
  expect "get" {}`),
			`crm: json_contains.email: is not wanted`,
		},
		"no headers": {
			hooks + test1(subscribedEvent+`expect "crm" { headers = {} }`),
			`This asks for nothing: other headers may be sent as well.`,
		},
		"a condition about a webhook that does not exist": {
			hooks + test1(subscribedEvent+all3+`assert { condition = expr("requests.crn.json.id != 8") }`),
			`requests.crn`,
		},
		"a condition about a member that does not exist": {
			hooks + test1(subscribedEvent+all3+`assert { condition = expr("requests.crm.json.idd == nil") }`),
			`requests.crm.json.idd`,
		},
		"a condition about a webhook that does not match": {
			hooks + test1(`event = { type = "contact.subscribed", data = { contact = { country = "FR" } } }
  expect "form" {}
  expect "get" {}
  assert { condition = expr("requests.crm.json.id != 8") }`),
			`requests.crm`,
		},
		"a condition that fails": {
			hooks + test1(subscribedEvent+all3+`assert { condition = expr("1 / (requests.crm.json.id - 7) > 0 || true") }`),
			`assert: division by zero`,
		},
		"a condition that asks nothing": {
			hooks + test1(subscribedEvent+all3+`assert { condition = expr("1 < 2") }`),
			`assert: this condition asks for nothing of the test, and so can't fail`,
		},
		"no condition": {
			hooks + test1(subscribedEvent+all3+`assert { condition = null }`),
			`A condition is an expression.`,
		},
		"no event": {
			hooks + test1(`event = null`),
			`The event of a test is an object.`,
		},
		"an answer that nobody gets": {
			hooks + test1(subscribedEvent+`expect "crm" { respond = [200, 500] }
  expect "form" {}
  expect "get" {}`),
			`crm: respond: has 2 answers, and there is only 1 attempt: 200, delivered`,
		},
		"a misspelt expectation": {
			hooks + test1(subscribedEvent+`expect "crm" { jsn = {} }`),
			`A block expect has no attribute "jsn".`,
		},
		"a mapping that fails": {
			strings.Replace(hooks, `id    = expr("contact.id")`, `id = expr("1 / (contact.id - 7)")`, 1) + test1(subscribedEvent+all3),
			`crm: its request can't be made: payload.id: division by zero, at / (character 3) in 1 / (contact.id - 7) @ "crm" {}
  payload.id stands at postern.hcl:18:`,
		},
		"a filter that fails": {
			strings.Replace(hooks, `expr("contact.country in ['DE', 'AT']")`, `expr("contact.id / 0 > 1")`, 1) + test1(subscribedEvent+all3),
			`crm: its filter fails on this event: division by zero, at / (character 12) in contact.id / 0 > 1 @ "crm" {}
  filter stands at postern.hcl:11:13
`,
		},
		"a filter that fails, of a webhook that nobody mentions": {
			strings.Replace(hooks, `expr("contact.country in ['DE', 'AT']")`, `expr("contact.id / 0 > 1")`, 1) + test1(subscribedEvent+`expect "form" {}
  expect "get" {}`),
			`crm: its filter fails on this event: division by zero`,
		},
		"two tests of one name": {
			hooks + test1(subscribedEvent+all3) + test1(subscribedEvent+all3),
			`The test "t" is declared twice.`,
		},
		"a setting that skips": {
			strings.Replace(hooks, `webhook "get" {`, "webhook \"get\" {\n  active = false\n  on_inactive = \"skip\"", 1) + test1(subscribedEvent+all3),
			`get: does not match: it is inactive, and on_inactive is "skip"`,
		},
		"a variable that only this machine has": {
			strings.Replace(hooks, `"https://form.example/"`, `env("PATH")`, 1) + test1(subscribedEvent+all3),
			`This URL is wrong`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, ds := Run(filesOf(tt.text), TestOptions{})
			got := ""
			if r == nil {
				for _, d := range ds {
					got += d.String() + "\n"
				}
			} else {
				if r.Failed() != len(r.Results) {
					t.Error("it passes")
				}
				got = told(tt.text, r)
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

const all3 = `expect "crm" {}
  expect "form" {}
  expect "get" {}
  `

// A table of what fails proves little if its parts fail by themselves.
func TestWhatTheFalsePassesAreMadeOfPasses(t *testing.T) {
	wantTold(t, hooks+test1(subscribedEvent+all3), "")
}
