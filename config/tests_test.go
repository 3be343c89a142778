package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

func TestTestsAreRead(t *testing.T) {
	g := mustLoad(t, hook("crm", `["*"]`, "")+`
test "german contacts reach the CRM" {
  event = {
    type = "contact.subscribed"
    time = "2026-02-01T00:00:00Z"
    data = { price = 19.90, tags = ["a", null] }
  }
  env = { TOKEN = "t" }
  now = "2026-01-02T03:04:05Z"
  expect "crm" {
    method   = "POST"
    json     = null
    headers  = { X = 1 }
    signed   = false
    respond  = [500, 200]
    attempts = 2
  }
  assert {
    condition = expr("requests.crm.json == nil")
    message   = "nothing"
  }
}
test "nobody is told" {
  event = jsondecode("{\"type\": \"x\", \"id\": \"e-1\", \"data\": {\"b\": 1, \"a\": 1.50}}")
}
`)
	at := func(line, column int) Place { return Place{"postern.hcl", line, column} }
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	want := []Test{{
		Name: "german contacts reach the CRM", Place: at(7, 6), Now: now, Env: map[string]string{"TOKEN": "t"},
		Event: event.Event{ID: "evt_test", Type: "contact.subscribed", Time: "2026-02-01T00:00:00Z", Accepted: now,
			Data: []byte(`{"price":19.9,"tags":["a",null]}`)},
		Expects: []Expect{{
			Webhook: "crm", Place: at(15, 10),
			Method:   &Wanted{Place: at(16, 16), JSON: []byte(`"POST"`), Text: "POST"},
			JSON:     &Wanted{Place: at(17, 16), JSON: []byte("null"), Text: "null"},
			Headers:  &Wanted{Place: at(18, 16), JSON: []byte(`{"X":1}`), Text: `{"X":1}`, Object: true, Fields: []WantedField{{Name: "X", Value: &Wanted{Place: at(18, 22), JSON: []byte("1"), Text: "1"}}}},
			Signed:   &Wanted{Place: at(19, 16), JSON: []byte("false"), Text: "false"},
			Respond:  []outbound.Reply{{Status: 500}, {Status: 200}},
			Attempts: &Wanted{Place: at(21, 16), JSON: []byte("2"), Text: "2"},
		}},
		Asserts: []Assert{{Source: "requests.crm.json == nil", Message: "nothing", Place: at(24, 17)}},
	}, {
		Name: "nobody is told", Place: at(28, 6), Now: testEpoch, Env: map[string]string{},
		Event: event.Event{ID: "e-1", Type: "x", Accepted: testEpoch, Data: []byte(`{"b":1,"a":1.50}`)},
	}}
	ignore := []cmp.Option{cmpopts.IgnoreUnexported(Test{}, Wanted{}, WantedField{}), cmpopts.IgnoreFields(Test{}, "Data"), cmpopts.IgnoreTypes(&expr.Program{}), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(want, g.Tests, ignore...); diff != "" {
		t.Error(diff)
	}
	if g.Tests[0].Asserts[0].Condition == nil || g.Tests[0].Data.Fields[1].Value.Items[0].Text != "a" {
		t.Errorf("got %+v", g.Tests[0])
	}
}

func TestStandInsTakeTheirPlaceInEverySecret(t *testing.T) {
	var asked []string
	in := Inputs{
		Env:      func(name string) (string, bool) { return map[string]string{"GIVEN": "given"}[name], name == "GIVEN" },
		ReadFile: func(path string) ([]byte, error) { t.Errorf("%s is read", path); return nil, nil },
		StandIn: func(source, name string) string {
			asked = append(asked, source+" "+name)
			return "stand-in"
		},
	}
	g, ds := load(fileOf(`egress { ca_file = "/nowhere.pem" }
`+hook("crm", `["*"]`, `headers = {
  A = env("GIVEN")
  B = env("ABSENT", "default")
  C = env("ABSENT")
  D = credential("token")
  E = file("/run/secrets/key")
}`)), in)
	if ds.HasErrors() {
		t.Fatal(printed(ds))
	}
	want := []string{"env ABSENT", "credential token", "file /run/secrets/key"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{"env:GIVEN": "given", "env:ABSENT": "stand-in", "credential:token": "stand-in", "file:/run/secrets/key": "stand-in"} {
		if got := g.Plan.Secrets[name].Reveal(); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}
