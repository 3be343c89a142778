package dryrun

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
)

const planned = `
webhook "crm" {
  url     = "https://api.example.com/a"
  events  = ["contact.*"]
  filter  = expr("contact.country == 'DE'")
  secret  = env("CRM_SECRET")
  headers = { X-A = "1" }
  payload = { email = expr("contact.email"), id = 1.50, tags = ["a"], key = env("PD_KEY") }
}
webhook "gone" {
  url     = "https://gone.example.com/x"
  events  = ["contact.*"]
  payload = { email = expr("contact.email") }
}
webhook "on" {
  url    = "https://h/1"
  events = ["other"]
}
webhook "off" {
  url    = "https://h/2"
  events = ["other"]
  active = false
}
webhook "calm" {
  url    = "https://h/3"
  events = ["*"]
}
`

func TestPlanSaysWhatWouldChange(t *testing.T) {
	old := generation(t, planned)
	new := generation(t, strings.NewReplacer(
		`== 'DE'`, `!= 'DE'`,
		`webhook "gone"`, `webhook "come"`,
		`id = 1.50, tags = ["a"]`, `id = "1.50", tags = ["a", "b"]`,
		`X-A = "1"`, `X-B = "2"`,
		`events = ["other"]
  active = false`, `events = ["other"]`,
		`"https://h/1"
  events = ["other"]`, `"https://h/1"
  events = ["other"]
  active = false`,
		`"https://h/3"`, `"https://h/4"`,
	).Replace(planned))
	german, french := *subscribed(), *subscribed()
	french.ID, french.Data = "evt_2", []byte(strings.ReplaceAll(string(french.Data), `"DE"`, `"FR"`))
	other := event.Event{ID: "evt_3", Type: "unknown", Accepted: at, Data: []byte("{}")}
	waiting := map[string]Waiting{"gone": {Count: 3}, "on": {Count: 1}, "off": {Count: 2}, "come": {Count: 4},
		"calm": {Count: 5, Suspended: true}, "crm": {Count: 6}, "never": {Count: 7}}
	got := indented(t, Compare(old, new, waiting, []event.Event{german, french, other}, nil))
	checkNoCanary(t, string(got))
	golden(t, "plan.json", got)
}

func TestPlanOfTheSameIsEmpty(t *testing.T) {
	g := generation(t, planned)
	p := Compare(g, generation(t, planned), map[string]Waiting{"crm": {Count: 1}}, []event.Event{*subscribed()}, nil)
	want := empty()
	want.Compared = 1
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedPlanSaysWhy(t *testing.T) {
	raw, err := json.Marshal(Refused(config.Diagnostics{{Summary: "It is wrong.", File: "a.hcl", Line: 1, Column: 2}}))
	if err != nil {
		t.Fatal(err)
	}
	var back Plan
	if err := json.Unmarshal(raw, &back); err != nil || !back.Refused || back.Diagnostics.Error() != "a.hcl:1:2: error: It is wrong." {
		t.Errorf("%s comes back as %+v, %v", raw, back, err)
	}
}

// By the same rules as a reload.
func TestPlanIsRefusedAsTheReloadWouldBe(t *testing.T) {
	old := generation(t, planned)
	tests := map[string]struct {
		text    string
		says    string
		restart []string
	}{
		"needs a restart": {planned + "listen \"http\" { address = \"127.0.0.1:1\" }\n", "A change of listen needs a restart.", []string{"listen"}},
		"nothing left":    {"agent {}\n", "No webhook is left.", []string{}},
		"nothing meant":   {"agent { allow_empty = true }\n", "", []string{}},
		"a change":        {strings.ReplaceAll(planned, "https://h/1", "https://h/9"), "", []string{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			told := config.Diagnostics{{Severity: config.Warning, Summary: "Told before."}}
			p := Compare(old, generation(t, tt.text), nil, nil, told)
			if p.Refused != (tt.says != "") || !strings.Contains(p.Diagnostics.Error(), tt.says) || p.Diagnostics[0] != told[0] {
				t.Errorf("refused %t: %v", p.Refused, p.Diagnostics)
			}
			if diff := cmp.Diff(tt.restart, p.Restart); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBodiesAreComparedByValue(t *testing.T) {
	tests := map[string]struct {
		was, is string
		want    []Part
	}{
		"the same":     {`{"a":1}`, `{"a":1}`, []Part{}},
		"a number":     {`{"a":1.0}`, `{"a":1}`, []Part{{"body.a", "1.0", "1"}}},
		"a kind":       {`{"a":1}`, `{"a":"1"}`, []Part{{"body.a", "1", `"1"`}}},
		"deep":         {`{"a":[{"b":null}]}`, `{"a":[{"b":[]}],"c":{}}`, []Part{{"body.a[0].b", "null", "[]"}, {"body.c", "", "{}"}}},
		"gone":         {`{"a":1,"b":2}`, `{"b":2}`, []Part{{"body.a", "1", ""}}},
		"the order":    {`{"a":1,"b":2}`, `{"b":2,"a":1}`, []Part{{"body", `{"a":1,"b":2}`, `{"b":2,"a":1}`}}},
		"a form":       {`a=1`, `a=2`, []Part{{"body", "a=1", "a=2"}}},
		"JSON no more": {`{"a":1}`, `a=1`, []Part{{"body", `{"a":1}`, "a=1"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, differences(&Request{Body: tt.was}, &Request{Body: tt.is})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
