package dryrun

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func uncovered(c *Coverage) string {
	var b strings.Builder
	for _, list := range [][]Uncovered{c.Webhooks, c.Filters, c.Fields} {
		for _, u := range list {
			b.WriteString(strings.TrimSpace(u.Place.String()+" "+u.Webhook+" "+u.Name) + "\n")
		}
	}
	return b.String()
}

func TestCoverage(t *testing.T) {
	nobody := strings.Replace(test1(`event = { type = "contact.subscribed", data = { contact = { country = "FR" } } }
  expect "form" {}
  expect "get" {}`), `"t"`, `"another country"`, 1)
	gone := test1(`event = { type = "campaign.finished", data = {} }`)
	quiet := strings.Replace(hooks, `event "contact.subscribed"`, "event \"campaign.finished\" {}\nevent \"contact.subscribed\"", 1)
	for name, tt := range map[string]struct{ text, want string }{
		"nothing is reached": {quiet + gone, `
postern.hcl:10:13 crm
postern.hcl:26:18 form
postern.hcl:34:13 get
`},
		"a filter never false, fields unchecked": {hooks + test1(subscribedEvent+all3), `
postern.hcl:11:13 crm never false
postern.hcl:17:13 crm payload.email
postern.hcl:18:13 crm payload.id
postern.hcl:19:13 crm payload.tags
postern.hcl:20:25 crm payload.more.country
postern.hcl:28:28 form payload.email
postern.hcl:28:58 form payload.tags
postern.hcl:37:23 get payload.email
`},
		"a filter never true": {hooks + nobody, `
postern.hcl:9:13 crm
postern.hcl:28:28 form payload.email
postern.hcl:28:58 form payload.tags
postern.hcl:37:23 get payload.email
`},
		"parts": {hooks + nobody + test1(subscribedEvent+`expect "crm" { json_contains = { email = "u@example.com", more = { country = "DE" } } }
  expect "form" { body = "email=u%40example.com&tags=a&tags=b" }
  expect "get" { url = "https://get.example/?k=v&email=u%40example.com" }
  assert { condition = expr("requests.crm.json.tags[0] == 'a' && requests.crm.method == 'POST'") }`), `
postern.hcl:18:13 crm payload.id
postern.hcl:19:13 crm payload.tags
`},
		"all": {hooks + nobody + test1(subscribedEvent+right), "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r := mustRun(t, tt.text, TestOptions{})
			if r.Failed() > 0 {
				t.Fatal(told(tt.text, r))
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), uncovered(r.Coverage)); diff != "" {
				t.Error(diff)
			}
			if r.Coverage.Complete() != (tt.want == "\n") {
				t.Error("Complete says otherwise")
			}
		})
	}
}
