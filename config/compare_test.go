package config

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/outbound"
)

const comparedBase = `
locals {
  shared = { email = expr("contact.email"), key = env("KEY") }
}
webhook "w" {
  description = "D"
  url     = "https://h/x"
  events  = ["a"]
  payload = merge(local.shared, { a = 1, b = 2 })
  secret  = env("SECRET_OF_W")
  headers = { A = "1" }
}
webhook "calm" {
  url    = "https://h/y"
  events = ["a"]
}
`

func loadWith(t *testing.T, text string, env map[string]string) *Generation {
	t.Helper()
	g, ds := load(fileOf(text), Inputs{Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	if ds.HasErrors() {
		t.Fatal(printed(ds))
	}
	return g
}

func TestCompareSeesWhatChangesAWebhook(t *testing.T) {
	env := map[string]string{"KEY": "k", "SECRET_OF_W": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODk="}
	old := loadWith(t, comparedBase, env)
	changed := Diff{Added: []string{}, Changed: []string{"w"}, Removed: []string{}}
	none := Diff{Added: []string{}, Changed: []string{}, Removed: []string{}}
	tests := []struct {
		name, from, to string
		env            map[string]string
		want           Diff
		heals          bool // the fingerprint changes
	}{
		{"nothing", "", "", nil, none, false},
		{"the description alone", `"D"`, `"E"`, nil, none, false},
		{"layout", "a = 1, b = 2", "a = (1), b = 1 + 1", nil, none, false},
		{"the order of the payload", "a = 1, b = 2", "b = 2, a = 1", nil, changed, false},
		{"a mapping", "contact.email", "contact.mail", nil, changed, false},
		{"a secret in the payload", "", "", map[string]string{"KEY": "k2"}, changed, false},
		{"the signing secret", "", "", map[string]string{"SECRET_OF_W": "whsec_MTEyMzQ1Njc4OTAxMjM0NTY3ODk="}, changed, true},
		{"the url", "https://h/x", "https://h/z", nil, changed, true},
		{"a header", `A = "1"`, `A = "2"`, nil, changed, true},
		{"a kind", "a = 1", `a = "1"`, nil, changed, false},
		{"a setting", `secret  =`, "timeout = \"1s\"\n  secret  =", nil, changed, false},
		{"what a success is", `secret  =`, "success_when = expr(\"status < 300\")\n  secret  =", nil, changed, false},
		{"an order", `secret  =`, "order_by = expr(\"contact.id\")\n  secret  =", nil, changed, false},
		{"the method", `secret  =`, "method = \"PUT\"\n  secret  =", nil, changed, true},
		{"a name", `webhook "calm"`, `webhook "b"`, nil, Diff{Added: []string{"b"}, Changed: []string{}, Removed: []string{"calm"}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			given := map[string]string{"KEY": env["KEY"], "SECRET_OF_W": env["SECRET_OF_W"]}
			for k, v := range tt.env {
				given[k] = v
			}
			now := loadWith(t, strings.Replace(comparedBase, tt.from, tt.to, 1), given)
			got, restart := Compare(old, now)
			if diff := cmp.Diff(tt.want, got); diff != "" || len(restart) > 0 {
				t.Errorf("restart %q, %s", restart, diff)
			}
			if heals := old.Plan.Webhooks["w"].Fingerprint != now.Plan.Webhooks["w"].Fingerprint; heals != tt.heals {
				t.Errorf("fingerprint changed: %t", heals)
			}
		})
	}
}

func TestChangesNameTheSettings(t *testing.T) {
	env := map[string]string{"KEY": "k", "SECRET_OF_W": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODk="}
	old := loadWith(t, comparedBase, env).Settings("w")
	tests := []struct {
		name, from, to string
		env            map[string]string
		want           []Change
	}{
		{"nothing", "", "", nil, nil},
		{"a description", `"D"`, `"E"`, nil, []Change{{"description", `"D"`, `"E"`}}},
		{"a field more", "b = 2", "b = 2, c = 3", nil, []Change{{"payload.c", "", "3"}}},
		{"a field less", ", b = 2", "", nil, []Change{{"payload.b", "2", ""}}},
		{"other order", "a = 1, b = 2", "b = 2, a = 1", nil, []Change{{"order",
			`headers.A, payload.email, payload.key, payload.a, payload.b`, `headers.A, payload.email, payload.key, payload.b, payload.a`}}},
		{"a secret", "", "", map[string]string{"KEY": "k2"}, []Change{{"payload.key", `env("KEY")`, `env("KEY")`}}},
		{"the signing secret", "", "", map[string]string{"SECRET_OF_W": "whsec_MTEyMzQ1Njc4OTAxMjM0NTY3ODk="},
			[]Change{{"secret", `env("SECRET_OF_W")`, `env("SECRET_OF_W")`}}},
		{"a mapping and a url", `contact.email"), key = env("KEY") }
}
webhook "w" {
  description = "D"
  url     = "https://h/x"`, `contact.mail"), key = env("KEY") }
}
webhook "w" {
  description = "D"
  url     = "https://h/z"`, nil, []Change{{"url", `"https://h/x"`, `"https://h/z"`}, {"payload.email", `expr("contact.email")`, `expr("contact.mail")`}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			given := maps.Clone(env)
			maps.Copy(given, tt.env)
			got := Changes(old, loadWith(t, strings.Replace(comparedBase, tt.from, tt.to, 1), given).Settings("w"))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every field of a webhook changes its digest, but for those that say nothing
// about what it does. A new field wants a line in settingsOf.
func TestDigestKnowsEveryField(t *testing.T) {
	known := strings.Fields(`Name Description URL Method Encoding Form Payload Filter Events Headers Query Auth TLS Sign
		Active SkipInactive LogResponseBody Timeout Concurrency RateLimit OrderBy OrderHold Retry Circuit SuccessWhen Fingerprint`)
	typ := reflect.TypeFor[outbound.Webhook]()
	var fields []string
	for i := range typ.NumField() {
		fields = append(fields, typ.Field(i).Name)
	}
	if diff := cmp.Diff(known, fields); diff != "" {
		t.Errorf("add it to settingsOf, and here: %s", diff)
	}
}

func TestCompareNamesWhatNeedsARestart(t *testing.T) {
	base := "agent {\n  log_level = \"info\"\n}\n"
	old := loadWith(t, base, nil)
	tests := map[string]string{
		"":               "agent {\n  log_level = \"debug\"\n}\nqueue \"embedded\" {\n  max_age = \"1h\"\n}\negress {\n  max_in_flight = 3\n}\n",
		"listen":         base + "listen \"http\" { address = \"127.0.0.1:1\" }\n",
		"console":        base + "console { token = \"a\" }\n",
		"queue":          base + "queue \"embedded\" { max_bytes = \"1MB\" }\n",
		"agent.data_dir": "agent {\n  data_dir = \"/x\"\n}\n",
	}
	for want, text := range tests {
		_, restart := Compare(old, loadWith(t, text, nil))
		if strings.Join(restart, ",") != want {
			t.Errorf("restart = %q, want %q", restart, want)
		}
	}
	if d, restart := Compare(nil, loadWith(t, comparedBase, map[string]string{"KEY": "k", "SECRET_OF_W": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODk="})); len(d.Added) != 2 || restart != nil {
		t.Errorf("got %v, %q", d, restart)
	}
}

func TestWhatCantTakeThePlaceIsRefused(t *testing.T) {
	old := loadWith(t, hook("w", `["*"]`, ""), nil)
	var out strings.Builder
	for _, text := range []string{
		hook("w", `["*"]`, "") + "listen \"http\" { address = \"127.0.0.1:1\" }\nconsole { token = \"a\" }\n",
		"agent {}\n",
	} {
		next := loadWith(t, text, nil)
		_, restart := Compare(old, next)
		out.WriteString(printed(Refuse(old, next, restart)))
	}
	golden(t, "testdata/refused.want", out.String())
	for _, text := range []string{hook("x", `["*"]`, ""), "agent { allow_empty = true }\n"} {
		next := loadWith(t, text, nil)
		_, restart := Compare(old, next)
		if ds := Refuse(old, next, restart); ds != nil {
			t.Errorf("refused: %v", ds)
		}
	}
	if none := loadWith(t, "", nil); Refuse(none, none, nil) != nil {
		t.Error("none to none is refused")
	}
}

func TestHashCoversEverythingThatWasRead(t *testing.T) {
	dir := t.TempDir()
	files := fileOf(withPayload(`{ a = file("a.txt") }`, ""))
	files.Dir = dir
	write(t, dir+"/a.txt", "one")
	first, _ := load(files, Inputs{})
	again, _ := load(files, Inputs{})
	write(t, dir+"/a.txt", "two")
	other, _ := load(files, Inputs{})
	if first.Hash != again.Hash || first.Hash == other.Hash || len(first.Hash) != 64 {
		t.Errorf("hashes %s, %s, %s", first.Hash, again.Hash, other.Hash)
	}
	if diff := cmp.Diff([]string{dir + "/a.txt"}, first.Files); diff != "" {
		t.Error(diff)
	}
}
