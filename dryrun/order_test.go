package dryrun

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
)

const ordered = `
webhook "crm" {
  url      = "https://crm.example/x"
  events   = ["*"]
  order_by = expr("contact.id")
}
webhook "sheet" {
  url      = "https://script.example/x"
  events   = ["*"]
  method   = "GET"
  order_by = expr("contact.email ?? lower(fallback)")
}
`

// Tests know what deliveries are in order by, of GET too.
func TestOrderInTests(t *testing.T) {
	for _, tt := range []struct{ data, crm, sheet, want string }{
		{`contact = { id = 42, email = "a@x" }`, `order_by = "42"`, `order_by = "a@x"`, ""},
		{`contact = { id = "42" }, fallback = "B"`, `order_by = "42"`, `order_by = "b"`, ""},
		{`contact = { email = "" }`, `order_by = ""`, `order_by = ""`, ""},
		{`contact = { id = 42, email = "a@x" }`, `order_by = "43"`, ``, `
crm: order_by: wanted "43", got "42" @ "43" }
`},
		{`contact = { id = [1], email = "a@x" }`, ``, ``, `
crm: its order can't be told: order_by: contact.id yields a list, not text @ "crm" {  }
  order_by stands at postern.hcl:5:14
`},
		{`contact = { id = 42 }, fallback = 7`, ``, ``, `
sheet: its order can't be told: order_by: lower wants text, not a number, at lower (character 18) in contact.email ?? lower(fallback) @ "sheet" {  }
  order_by stands at postern.hcl:11:14
`},
	} {
		wantTold(t, ordered+test1(`event = { type = "x", data = { `+tt.data+` } }
  expect "crm" { `+tt.crm+` }
  expect "sheet" { `+tt.sheet+` }`), tt.want)
	}
}

func TestExplainTellsTheOrder(t *testing.T) {
	g := generation(t, ordered)
	explain := func(data string) map[string]Explanation {
		all := map[string]Explanation{}
		for _, x := range Explain(g, &event.Event{ID: "e1", Type: "x", Data: []byte(data), Accepted: time.Unix(1, 0).UTC()}, Options{}) {
			all[x.Webhook] = x
		}
		return all
	}
	got := explain(`{"contact": {"id": 12.50, "email": null}, "fallback": "ADA"}`)
	want := &Field{Name: "order_by", Source: `expr("contact.id")`, Place: "postern.hcl:5:14", Value: json.RawMessage(`"12.50"`),
		Saw: []Seen{{"contact.id", json.RawMessage(`12.50`)}}}
	if d := cmp.Diff(want, got["crm"].OrderBy); d != "" || got["crm"].Outcome != Delivers || len(got["crm"].Fields) != 1 { // the url alone
		t.Errorf("%s %v %s", got["crm"].Outcome, got["crm"].Fields, d)
	}
	if f := got["sheet"].OrderBy; string(f.Value) != `"ada"` {
		t.Errorf("of GET: %s", f.Value)
	}
	if f := explain(`{"contact": {}}`)["crm"].OrderBy; string(f.Value) != "null" || f.Error != "" {
		t.Errorf("without a key: %s %s", f.Value, f.Error)
	}
	failed := explain(`{"contact": {"id": {}}, "fallback": "ADA"}`)["crm"]
	if failed.Outcome != OrderFails || !strings.Contains(failed.Reason, "contact.id yields an object, not text") || failed.OrderBy.Error == "" || failed.Request != nil {
		t.Errorf("that fails: %+v", failed)
	}
}

func TestPlanTellsWhatChangesOrder(t *testing.T) {
	old, now := generation(t, ordered), generation(t, strings.Replace(ordered, `expr("contact.id")`, "expr(\"contact.email\")\n  on_order_failure = \"hold\"", 1))
	e := event.Event{ID: "e1", Type: "x", Data: []byte(`{"contact": {"id": 7, "email": "a@x"}}`)}
	p := Compare(old, now, nil, []event.Event{e}, nil)
	var settings []string
	for _, c := range p.Changed[0].Settings {
		settings = append(settings, c.Name+" "+c.Old+" "+c.New)
	}
	if d := cmp.Diff([]string{`order_by expr("contact.id") expr("contact.email")`, `on_order_failure "continue" "hold"`}, settings); d != "" {
		t.Error(d)
	}
	want := []Difference{{"crm", Delivers, Delivers, []Part{{"order_by", `"7"`, `"a@x"`}}}}
	if d := cmp.Diff(want, p.Events[0].Webhooks); d != "" {
		t.Error(d)
	}
}
