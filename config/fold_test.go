package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/expr"
)

const campaign = `{"contact":{"email":"user@example.com","id":9007199254740993,"spent":19.90},"campaign":{"name":"Summer Promotion"},"list":[1,2.50]}`

// render makes the payload of the webhook "w"; secrets are shown as their names.
func render(t *testing.T, g *Generation) string {
	t.Helper()
	r, err := g.Plan.Webhooks["w"].Payload.Render(expr.NewScope(expr.Event{ID: "evt_1", Type: "t", Data: []byte(campaign)}))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	at := 0
	for _, h := range r.Holes {
		b.Write(r.JSON[at:h.Offset])
		b.WriteString("<" + h.Secret + ">")
		at = h.Offset
	}
	b.Write(r.JSON[at:])
	return b.String()
}

func withPayload(payload, more string) string {
	return "webhook \"w\" {\n  url = \"https://h\"\n  events = [\"*\"]\n  payload = " + payload + "\n}\n" + more
}

func TestPayloadsAreFolded(t *testing.T) {
	tests := []struct{ name, payload, more, want string }{
		{"help page", `{
    email         = expr("contact.email")
    campaign_name = expr("campaign.name")
    source        = "webhook"
  }`, "", `{"email":"user@example.com","campaign_name":"Summer Promotion","source":"webhook"}`},
		{"order of keys, odd names", `{ z = 1, "First name" = 2, a = { y = 1, x = 2 }, "$set" = 3, "a.b" = 4, (local.k) = 5 }`,
			"locals {\n  k = \"key\"\n}", `{"z":1,"First name":2,"a":{"y":1,"x":2},"$set":3,"a.b":4,"key":5}`},
		{"numbers", `{ a = 19.90, b = 9007199254740993, c = 1e3, d = 0.1, e = -5, f = 1 + 2, g = 123456789012345678901234567890.5, h = 1e-7 }`, "",
			`{"a":19.9,"b":9007199254740993,"c":1000,"d":0.1,"e":-5,"f":3,"g":123456789012345678901234567890.5,"h":0.0000001}`},
		{"kinds", `{ t = true, n = null, s = "<&>\u00e9\"", l = [], o = {}, e = "" }`, "", `{"t":true,"n":null,"s":"<&>é\"","l":[],"o":{},"e":""}`},
		{"received digits", `{ id = expr("contact.id"), spent = expr("contact.spent"), wrap = "${expr("contact.spent")}", list = expr("list") }`, "",
			`{"id":9007199254740993,"spent":19.90,"wrap":19.90,"list":[1,2.50]}`},
		{"templates", `{ a = "New lead: ${expr("contact.email")}", b = "${1}${true}${"x"}", c = "$${x} %%{y}", d = "n ${19.90}" }`, "",
			`{"a":"New lead: user@example.com","b":"1truex","c":"${x} %{y}","d":"n 19.9"}`},
		{"heredoc", "{\n    a = <<-EOT\n      Hello\n        ${expr(\"contact.email\")}\n    EOT\n  }", "", `{"a":"Hello\n  user@example.com\n"}`},
		{"merge is shallow: last value, first place", `merge({ a = 1, b = { x = 1 } }, null, { c = 3, b = { y = 2 } }, { a = 9 })`, "", `{"a":9,"b":{"y":2},"c":3}`},
		{"mapping and more", `merge(mapping.m, { id = expr("contact.id") })`, "mapping \"m\" {\n  fields = { z = expr(\"contact.email\"), y = local.list }\n}\nlocals {\n  list = concat([1], [expr(\"list[1]\")])\n}",
			`{"z":"user@example.com","y":[1,2.50],"id":9007199254740993}`},
		{"through locals", `{ a = local.o.b[0], b = local.o["c"], c = "${local.o.c} x" }`, "locals {\n  o = { b = [expr(\"contact.email\")], c = 5 }\n}",
			`{"a":"user@example.com","b":5,"c":"5 x"}`},
		{"spread", `merge([{ a = 1 }, { b = expr("contact.id") }]...)`, "", `{"a":1,"b":9007199254740993}`},
		{"conditions", `{ a = local.on ? env("PD_KEY") : 1, b = !local.on ? 1 : { z = 1, y = 2 } }`, "locals {\n  on = true\n}", `{"a":"<env:PD_KEY>","b":{"z":1,"y":2}}`},
		{"for and functions", `{ a = [for x in ["a", "b"] : upper(x)], b = join("-", ["a", "b"]), c = jsonencode({ x = 1 }), d = base64encode("é"), e = format("%03d", 7), f = trimspace(" x "), g = lower("A") }`, "",
			`{"a":["A","B"],"b":"a-b","c":"{\"x\":1}","d":"w6k=","e":"007","f":"x","g":"a"}`},
		{"json keeps order and digits", `jsondecode("{\"z\": 1.50, \"a\": [1e2, null, {\"y\": 1, \"x\": 2}]}")`, "", `{"z":1.50,"a":[1e2,null,{"y":1,"x":2}]}`},
		{"files of the configuration are no secret", `jsondecode(file("samples/contact.json"))`, "",
			`{"contact":{"email":"user@example.com","id":9007199254740993,"country":"DE","spent":19.90},"campaign":{"name":"Summer Promotion","id":12}}`},
		{"secrets", `{ a = env("PD_KEY"), b = "x ${env("PD_KEY")} ${expr("contact.email")} ${credential("token")}", c = local.s, d = file("/run/secrets/token"), e = [for x in [env("PD_KEY")] : x] }`,
			"locals {\n  s = \"Bearer ${env(\"PD_KEY\")}\"\n}",
			`{"a":"<env:PD_KEY>","b":"x <env:PD_KEY> user@example.com <credential:token>","c":"Bearer <env:PD_KEY>","d":"<file:/run/secrets/token>","e":["<env:PD_KEY>"]}`},
		{"a default of env is one too, under its own name", `{ a = env("UNSET", "x"), b = env("PD_KEY", "y"), c = env("UNSET", "") }`, "",
			`{"a":"<env:UNSET?2d711642>","b":"<env:PD_KEY?a1fce436>","c":"<env:UNSET?e3b0c442>"}`},
		{"plain takes the mark away", `{ a = plain(env("PD_KEY")), b = upper(plain(env("PD_KEY"))) }`, "", `{"a":"canary-routing-key","b":"CANARY-ROUTING-KEY"}`},
		{"words that look like a path", `{ a = expr("'contact.email'"), b = "contact.email" }`, "", `{"a":"contact.email","b":"contact.email"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := render(t, mustLoad(t, withPayload(tt.payload, tt.more)))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSharedDeclarationsCantGrowWithoutBound(t *testing.T) {
	var b strings.Builder
	b.WriteString("locals {\n  l0 = [1, 1]\n")
	for i := 1; i < 60; i++ {
		b.WriteString("  l" + numeral(i) + " = [local.l" + numeral(i-1) + ", local.l" + numeral(i-1) + "]\n")
	}
	b.WriteString("}\n")
	_, ds := load(fileOf(b.String()), testInputs())
	if !strings.Contains(printed(ds), "holds more than 100000 values") {
		t.Errorf("got %s", printed(ds))
	}
}

func TestLongChainsOfDeclarationsEnd(t *testing.T) {
	var b strings.Builder
	b.WriteString("locals {\n  l0 = [1]\n")
	for i := 1; i < 20000; i++ {
		b.WriteString("  l" + numeral(i) + " = [local.l" + numeral(i-1) + "]\n")
	}
	b.WriteString("}\n" + withPayload("{ a = local.l19999 }", ""))
	_, ds := load(fileOf(b.String()), testInputs())
	if !ds.HasErrors() {
		t.Error("no errors")
	}
}

// Whatever is written, folding ends without a panic, and a generation comes
// with no error.
func FuzzLoad(f *testing.F) {
	f.Add(readSeed(f, "testdata/good/all.hcl"))
	f.Add(readSeed(f, "testdata/good/reference.hcl"))
	for _, payload := range []string{
		`merge(mapping.m, { a = expr("x"), (local.a) = [for i in [1]: i] })`,
		`{ a = true ? "x${env("PD_KEY")}" : local.a, b = "%{if true}x%{endif}", c = local.o[*].x, d = local.o[local.a] }`,
		"{ a = <<-EOT\n  x ${1}\n  EOT\n }", `jsondecode(env("NOT_JSON"))`, `{ a = plain([env("PD_KEY")])[0] }`,
	} {
		f.Add([]byte(withPayload(payload, "locals {\n  a = \"k\"\n  o = [{ x = 1 }]\n}\nmapping \"m\" {\n  fields = { z = 1 }\n}\n")))
	}
	f.Add([]byte("locals {\n  a = \"x\"\n  b = \"${local.a}${local.a}\"\n  c = join(local.b, [for x in [1, 2] : format(\"%99s\", x)])\n  d = [local.c, local.c]\n}\n"))
	f.Add([]byte("event \"a\" {\n  sample = { x = [{ y = 1 }] }\n}\nwebhook \"w\" {\n  url = \"https://h\"\n  events = [\"*\"]\n  filter = expr(\"x[0].z\")\n}\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		files := Files{Dir: "testdata/good", Files: []File{{Name: "f.hcl", Content: content}}}
		var g, again *Generation
		var ds, same Diagnostics
		if taken := allocated(func() { g, ds = load(files, testInputs()) }); taken > maxAllocated {
			t.Errorf("it takes %d MiB", taken>>20)
		}
		if (g == nil) != ds.HasErrors() {
			t.Errorf("generation %v with %v", g != nil, ds)
		}
		again, same = load(files, testInputs())
		if !slices.Equal(ds, same) || g != nil && (again == nil || g.Hash != again.Hash) {
			t.Errorf("another time it is\n%swas\n%s", printed(same), printed(ds))
		}
	})
}

func readSeed(f *testing.F, name string) []byte { return []byte(readTest(f, name)) }

// The keys of a payload come out in the order in which they are written.
func FuzzOrderIsKept(f *testing.F) {
	f.Add("z y x a")
	f.Add("First $set a.b ü")
	f.Fuzz(func(t *testing.T, words string) {
		var payload, want strings.Builder
		seen := map[string]bool{}
		for _, w := range strings.Fields(words) {
			if strings.ContainsAny(w, "\"\\$%") || inert(w) != w || seen[w] || badUTF8([]byte(w)) >= 0 || string(jsonString(w)) != `"`+w+`"` {
				continue
			}
			seen[w] = true
			payload.WriteString("\"" + w + "\" = 1\n")
			want.WriteString(string(jsonString(w)) + ":1,")
		}
		g, ds := load(fileOf(withPayload("{\n"+payload.String()+"}", "")), testInputs())
		if ds.HasErrors() {
			t.Skip("names that HCL writes in another way")
		}
		if got := render(t, g); got != "{"+strings.TrimSuffix(want.String(), ",")+"}" {
			t.Errorf("got %s, want %s", got, want.String())
		}
	})
}
