package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPathsAreThoseThatExpressionsUnderstand(t *testing.T) {
	for _, tt := range []struct {
		sample string
		want   []string // path and sample
	}{
		{`{ z = 1, contact = { email = "a", "First name" = "b", tags = ["x"] } }`,
			[]string{`z 1`, `contact.email "a"`, `contact["First name"] "b"`, `contact.tags ["x"]`, `contact.tags[0] "x"`}},
		{`{ "First name" = 1, "quoted \"name\"" = 2, "Zoë" = 3 }`,
			[]string{`data["First name"] 1`, `data["quoted \"name\""] 2`, `Zoë 3`}},
		{`{ event = 1, data = { a = 2 }, in = { not = 3 }, true = 4, let = 5 }`,
			[]string{`data.event 1`, `data.data.a 2`, `data.in.not 3`, `data.true 4`, `data.let 5`}},
		{`{ items = [{ sku = "a" }, { sku = "b" }], rows = [[1, 2]], none = [], empty = {}, nil_ = null }`,
			[]string{`items [{"sku":"a"},{"sku":"b"}]`, `items[0].sku "a"`, `rows [[1,2]]`, `rows[0] [1,2]`, `rows[0][0] 1`, `none []`, `empty {}`, `nil_ null`}},
		{`jsondecode("{\"big\": 12345678901234567890, \"exact\": 19.90, \"html\": \"<&>\"}")`,
			[]string{`big 12345678901234567890`, `exact 19.90`, `html "<&>"`}},
		{`{}`, nil},
	} {
		g := mustLoad(t, "event \"a\" {\n  sample = "+tt.sample+"\n}\n")
		var got []string
		for _, p := range g.Events[0].Paths() {
			got = append(got, p.Path+" "+string(p.Sample))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s:\n%s", tt.sample, diff)
		}
	}
	if paths := (EventType{Name: "a"}).Paths(); paths != nil {
		t.Errorf("without a sample: %v", paths)
	}
}

func TestTheCatalogueIsThereThoughAWebhookIsWrong(t *testing.T) {
	text := "locals {\n  name = \"Ada\"\n}\nevent \"a\" {\n  sample = { name = local.name }\n}\nwebhook \"crm\" {\n  url = \"nonsense\"\n}\n"
	events, ds := Catalogue(fileOf(text), testInputs())
	if len(ds) > 0 || len(events) != 1 || string(events[0].Sample) != `{"name":"Ada"}` {
		t.Errorf("%+v, %v", events, ds)
	}
	for _, bad := range []string{"event \"a\" {", "event \"*\" {}\n", "event \"a\" {\n  sample = env(\"PD_KEY\")\n}\n"} {
		if _, ds := Catalogue(fileOf(bad), testInputs()); !ds.HasErrors() {
			t.Errorf("%q is taken", bad)
		}
	}
	in := testInputs()
	in.Env = func(string) (string, bool) { panic("canary") }
	if _, ds := Catalogue(fileOf("event \"a\" {\n  sample = { a = env(\"X\") }\n}\n"), in); strings.Contains(printed(ds), "canary") {
		t.Errorf("%s", printed(ds))
	}
}
