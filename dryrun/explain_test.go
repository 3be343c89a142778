package dryrun

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
)

var update = flag.Bool("update", false, "write the golden files")

// canaries are what nothing that is shown may hold.
var canaries = map[string]string{
	"CRM_PASSWORD": "canary-password",
	"CRM_SECRET":   "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	"PD_KEY":       "canary-key/+\"x",
	"HOOK_URL":     "https://hooks.example.com/canary/path",
	"API_TOKEN":    "canary-token",
}

const explained = `
mapping "basic" {
  fields = { email = expr("contact.email"), source = "webhook" }
}
webhook "crm" {
  url     = "https://api.example.com/u/${expr("contact.id")}?key=${env("PD_KEY")}"
  events  = ["contact.*"]
  filter  = expr("contact.country in ['DE', 'AT']")
  secret  = env("CRM_SECRET")
  headers = { "X-Campaign" = expr("campaign.id"), X-Api-Token = "literal-token" }
  auth "basic" {
    username = "postern"
    password = env("CRM_PASSWORD")
  }
  success_when = expr("status < 300 && body?.ok != false")
  payload = merge(mapping.basic, {
    name = "It's ${expr("contact.name")}"
    key  = env("PD_KEY")
  })
}
webhook "chat" {
  url    = env("HOOK_URL")
  events = ["*"]
  auth "bearer" { token = env("API_TOKEN") }
}
webhook "tokens" {
  url    = "https://tokens.example.com/x"
  events = ["*"]
  auth "oauth2" {
    token_url     = "https://login.invalid/token"
    client_id     = "postern"
    client_secret = env("CRM_PASSWORD")
  }
}
webhook "sheet" {
  url     = "https://sheet.example.com/x"
  method  = "GET"
  events  = ["contact.subscribed"]
  active  = false
  secret  = env("CRM_SECRET")
  payload = { id = expr("contact.id"), key = env("PD_KEY") }
}
webhook "ignored" {
  url         = "https://h"
  events      = ["*"]
  active      = false
  on_inactive = "skip"
}
webhook "elsewhere" {
  url    = "https://h"
  events = ["campaign.*"]
}
webhook "foreign" {
  url    = "https://h"
  events = ["*"]
  filter = expr("contact.country == 'FR'")
}
webhook "broken-filter" {
  url    = "https://h"
  events = ["*"]
  filter = expr("contact.name > 5")
}
webhook "broken-mapping" {
  url     = "https://h/${expr("contact.none")}"
  events  = ["*"]
  payload = { sum = expr("contact.name * 2") }
}
`

func generation(t testing.TB, text string) *config.Generation {
	t.Helper()
	g, ds := config.Load(config.Files{Dir: t.TempDir(), Files: []config.File{{Name: "postern.hcl", Content: []byte(text)}}},
		config.Inputs{Env: func(name string) (string, bool) { v, ok := canaries[name]; return v, ok }})
	if ds.HasErrors() {
		t.Fatal(ds.Error())
	}
	return g
}

// at is the time of the signing vectors.
var at = time.Unix(1614265330, 0).UTC()

func subscribed() *event.Event {
	return &event.Event{
		ID: "evt_1", Type: "contact.subscribed", Accepted: at,
		Data: []byte(`{"contact":{"id":"7 / 8","email":"user@example.com","name":"O'Neil \"x\"","country":"DE"},"campaign":{"id":1.50}}`),
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func checkNoCanary(t *testing.T, text string) {
	t.Helper()
	for _, word := range []string{"canary", "MfKQ9r8G", "literal-token", "xsecret"} {
		if strings.Contains(text, word) {
			t.Errorf("%s is told:\n%s", word, text)
		}
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func TestEachWebhookIsExplained(t *testing.T) {
	got := indented(t, Explain(generation(t, explained), subscribed(), Options{Version: "1.0"}))
	checkNoCanary(t, string(got))
	golden(t, "explained.json", got)
}

func TestWhatAWebhookStandsForIsAsked(t *testing.T) {
	g := generation(t, explained)
	for _, x := range Explain(g, subscribed(), Options{Stands: func(name string) string {
		if name == "crm" {
			return "It is suspended."
		}
		return ""
	}}) {
		want := map[string]Outcome{"crm": Holds, "sheet": Delivers}[x.Webhook]
		if want != "" && x.Outcome != want {
			t.Errorf("%s: %s, want %s", x.Webhook, x.Outcome, want)
		}
	}
}

func TestAnEmptyRequestIsExplained(t *testing.T) {
	g := generation(t, `webhook "w" {
  url          = "https://h.example/"
  events       = ["*"]
  content_type = "form"
  payload      = { none = expr("none") }
}`)
	x := Explain(g, subscribed(), Options{})[0]
	if x.Outcome != Delivers || x.Request.Body != "" {
		t.Errorf("got %+v", x)
	}
}

// An empty password is no secret: there is no variable to read it from.
func TestAnEmptyPasswordIsSaid(t *testing.T) {
	g := generation(t, `webhook "w" {
  url    = "https://h.example/"
  events = ["*"]
  auth "basic" {
    username = env("API_TOKEN")
    password = ""
  }
}`)
	x := Explain(g, subscribed(), Options{})[0]
	if want := `-u "$API_TOKEN"':' \`; !strings.Contains(x.Request.Curl, want) {
		t.Errorf("%s lacks %s", x.Request.Curl, want)
	}
}

// A URL whose scheme, host or port is a secret takes no mark everywhere.
func TestURLsOfSecretsAreExplained(t *testing.T) {
	for address, want := range map[string]string{
		`https://h.example:${env("PORT")}/x`:                          `https://h.example:(sensitive)/x 'https://h.example:'"$PORT"'/x'`,
		`https://${env("HOST")}:${env("PORT")}/x?port=${env("PORT")}`: `https://(sensitive):(sensitive)/x?port=(sensitive) 'https://'"$HOST"':'"$PORT"'/x?port='"$PORT"`,
		`${env("SCHEME")}://h.example/`:                               `https://h.example/ 'https://h.example/'`,
		`${env("HOOK_URL")}:${env("PORT")}/x`:                         `(sensitive):(sensitive)/x "$HOOK_URL"':'"$PORT"'/x'`,
		`https://[::1]:${env("PORT")}`:                                `https://[::1]:(sensitive)/ 'https://[::1]:'"$PORT"'/'`,
		`https://h.example:8443${env("PATH")}`:                        `https://h.example:8443(sensitive) 'https://h.example:8443'"$PATH"`,
		`https://${env("HOST")}:${env("PORT")}${env("PATH")}`:         `https://(sensitive):(sensitive)(sensitive) 'https://'"$HOST"':'"$PORT""$PATH"`,
		`https://[${env("IP")}]:${env("PORT")}`:                       `https://[(sensitive)]:(sensitive)/ 'https://['"$IP"']:'"$PORT"'/'`,
		`https://h.example/a:${env("PORT")}`:                          `https://h.example/a:(sensitive) 'https://h.example/a:'"$PORT"`,
	} {
		g, ds := config.Load(config.Files{Dir: t.TempDir(), Files: []config.File{{Name: "postern.hcl", Content: []byte(`webhook "w" {
  url    = "` + address + `"
  events = ["*"]
}`)}}}, config.Inputs{Env: func(name string) (string, bool) {
			v, ok := map[string]string{"PORT": "8443", "HOST": "canary.example", "SCHEME": "https", "HOOK_URL": "https://canary.example", "PATH": "/canary", "IP": "2001:db8::ca"}[name]
			return v, ok
		}})
		if ds.HasErrors() {
			t.Fatal(address, ds)
		}
		e := subscribed()
		e.Data = []byte(`{"port": 50000}`)
		x := Explain(g, e, Options{})[0]
		if x.Request == nil {
			t.Errorf("%s: %+v", address, x)
			continue
		}
		curl := strings.Split(x.Request.Curl, " \\\n  ")
		if got := x.Request.URL + " " + curl[len(curl)-1]; got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

// The text of an event can't pass for one of the marks.
func TestMarksOccurNowhereElse(t *testing.T) {
	e := subscribed()
	e.Data = []byte(`{"contact":{"id":"xsecret0z","email":"xsecretx1z","country":"DE"},"campaign":{"id":1}}`)
	got := indented(t, Explain(generation(t, explained), e, Options{}))
	if n := strings.Count(string(got), "xsecret0z"); n == 0 || strings.Contains(string(got), "xsecretxx") {
		t.Errorf("got\n%s", got)
	}
}

// A shell gives each word back as it was, with the variables filled in.
func TestShellQuotingIsExact(t *testing.T) {
	m := newMasks(subscribed(), nil)
	key, file := m.mark("env:PD_KEY?0a"), m.mark("env:PD_KEY")
	for _, s := range []string{"", "plain", `it's`, `''"`, key, "a'" + key + "'b" + file, "$HOME `x` \\ !", "ü\n\t*"} {
		cmd := exec.Command("sh", "-c", "printf %s "+m.shell(s))
		cmd.Env = []string{`PD_KEY=k'e"y $x`}
		got, err := cmd.Output()
		want := strings.NewReplacer(key, `k'e"y $x`, file, `k'e"y $x`).Replace(s)
		if err != nil || string(got) != want {
			t.Errorf("%q comes back as %q, %v", s, got, err)
		}
	}
}
