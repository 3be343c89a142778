package examples

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/dryrun"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
)

var update = flag.Bool("update", false, "write want.http anew")

// environment is what the examples ask for.
var environment = map[string]string{
	"APPS_SCRIPT_DEPLOYMENT": "AKfycbEXAMPLE",
	"CRM_PASSWORD":           "correct horse",
	"CRM_SECRET":             "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	"CRM_WEBHOOK_SECRET":     "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	"NEW_SECRET":             "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	"OLD_SECRET":             "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
	"API_TOKEN":              "token-1234567890",
	"API_KEY":                "key-1234567890",
	"SHEET_KEY":              "sheet-key",
	"POSTERN_TOKEN":          "token-of-the-door",
	"DISCORD_WEBHOOK":        "1100000000000000000/example",
	"GA4_API_SECRET":         "ga4-secret",
	"HUBSPOT_TOKEN":          "pat-eu1-example",
	"MAILCHIMP_API_KEY":      "key-us21",
	"MAILCHIMP_DC":           "us21",
	"META_TOKEN":             "EAAB-example",
	"NTFY_TOKEN":             "tk_example",
	"PAGERDUTY_ROUTING_KEY":  "0123456789abcdef0123456789abcdef",
	"SALESFORCE_OID":         "00D000000000000",
	"SEGMENT_WRITE_KEY":      "abc123",
	"SLACK_TOKEN":            "xoxb-example",
	"SLACK_WEBHOOK":          "T00000000/B00000000/example",
	"TEAMS_WORKFLOW_URL":     "https://prod-01.westeurope.logic.azure.com/workflows/0a1b/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=example",
	"ZAPIER_HOOK":            "123456/abcdef",
	"HUB_SECRET":             "It's a Secret to Everybody",
	"LEDGER_SECRET":          "whsec_abcdefghijklmnopqrstuvwxyz012345",
	"PRIVATE_KEY":            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=",
}

func lookup(name string) (string, bool) {
	v, ok := environment[name]
	return v, ok
}

// at is when the examples are sent: the signing vectors' time.
var at = time.Unix(1614265330, 0).UTC()

func load(t *testing.T, files config.Files) *config.Generation {
	t.Helper()
	g, ds := config.Load(files, config.Inputs{Env: lookup})
	if ds.HasErrors() {
		var b strings.Builder
		_ = ds.Write(&b, false)
		t.Fatalf("the configuration is bad:\n%s", b.String())
	}
	return g
}

// each runs f for the folder of each example.
func each(t *testing.T, f func(t *testing.T, dir string)) {
	t.Helper()
	for pattern, atLeast := range map[string]int{"*/event.json": 4, "receivers/*/event.json": 13} {
		events, err := filepath.Glob(pattern)
		if err != nil || len(events) < atLeast {
			t.Fatalf("%s: %v, %v", pattern, events, err)
		}
		for _, file := range events {
			dir := filepath.Dir(file)
			t.Run(dir, func(t *testing.T) { f(t, dir) })
		}
	}
}

func TestEveryExampleSendsWhatItWants(t *testing.T) {
	each(t, func(t *testing.T, dir string) {
		got := requests(t, load(t, read(t, dir)), readEvent(t, filepath.Join(dir, "event.json")))
		golden(t, filepath.Join(dir, "want.http"), got)
	})
}

// read reads the configuration of an example.
func read(t *testing.T, dir string) config.Files {
	t.Helper()
	if hcl, _ := filepath.Glob(filepath.Join(dir, "*.hcl")); len(hcl) == 0 {
		dir = filepath.Join(dir, "postern") // mounted from there
	}
	files, ds := config.Read(t.Context(), dir)
	if ds.HasErrors() {
		t.Fatal(ds.Error())
	}
	return files
}

func TestTheTestsOfEveryExamplePass(t *testing.T) {
	each(t, func(t *testing.T, dir string) {
		r := pass(t, read(t, dir))
		if len(r.Results) == 0 || len(r.Coverage.Webhooks) > 0 || len(r.Coverage.Fields) > 0 {
			t.Errorf("%d tests, which do not reach %v %v", len(r.Results), r.Coverage.Webhooks, r.Coverage.Fields)
		}
	})
}

func TestEveryExampleIsWrittenAsFmtWritesIt(t *testing.T) {
	each(t, func(t *testing.T, dir string) {
		for _, f := range read(t, dir).Files {
			got, ds := config.Format(f)
			if ds.HasErrors() {
				t.Fatal(ds.Error())
			}
			if d := cmp.Diff(string(f.Content), string(got)); d != "" {
				t.Errorf("%s (-written +canonical):\n%s", f.Name, d)
			}
		}
	})
}

// pass runs the tests of a configuration.
func pass(t *testing.T, files config.Files) *dryrun.Report {
	t.Helper()
	r, ds := dryrun.Run(files, dryrun.TestOptions{Version: "1.0"})
	if r == nil {
		t.Fatal(ds.Error())
	}
	for _, one := range r.Results {
		for _, f := range one.Failures {
			t.Errorf("%s: %s: %s", one.Name, f.Place, f.Line())
		}
	}
	return r
}

func readEvent(t *testing.T, file string) *event.Event {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	events, err := agent.ReadEvents(raw, "", at)
	if err != nil || len(events) != 1 {
		t.Fatalf("%s: %d events, %v", file, len(events), err)
	}
	return &events[0]
}

// requests are what goes out for an event, as HTTP writes it, without the
// carriage returns.
func requests(t *testing.T, g *config.Generation, e *event.Event) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, m := range g.Match(e) {
		if m.State != event.Pending {
			t.Fatalf("%s: %s %s", m.Webhook, m.State, m.Error)
		}
		r, err := outbound.Compose(g.Plan, g.Plan.Webhooks[m.Webhook], e, at, "1.0")
		if err != nil {
			t.Fatalf("%s: %v", m.Webhook, err)
		}
		fmt.Fprintf(&out, "### %s\n", m.Webhook)
		write(t, &out, r)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func write(t *testing.T, out *bytes.Buffer, r *http.Request) {
	t.Helper()
	fmt.Fprintf(out, "%s %s\nHost: %s\n", r.Method, r.URL.RequestURI(), r.Host)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(out, "%s: %s\n", name, strings.Join(r.Header[name], ", "))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 0 {
		fmt.Fprintf(out, "\n%s\n", body)
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
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
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}

// fence finds the configuration in a page.
var fence = regexp.MustCompile("(?ms)^```hcl\n(.*?)^```")

// Each block of a page is a configuration of its own.
func TestEveryBlockOfThePagesIsValid(t *testing.T) {
	for _, page := range []string{"../README.md", "../docs/configuration.md", "receivers/zapier/README.md"} {
		blocks(t, page, func(t *testing.T, files config.Files) { load(t, files) })
	}
}

func TestEveryBlockOfThePageOnTestsPasses(t *testing.T) {
	blocks(t, "../docs/testing.md", func(t *testing.T, files config.Files) {
		if r := pass(t, files); len(r.Results) == 0 {
			t.Error("it holds no test")
		}
	})
}

// blocks runs f for each block of a page.
func blocks(t *testing.T, page string, f func(*testing.T, config.Files)) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	all := fence.FindAllSubmatchIndex(text, -1)
	if len(all) == 0 {
		t.Fatalf("%s has no block", page)
	}
	for _, b := range all {
		line := bytes.Count(text[:b[2]], []byte("\n")) + 1
		t.Run(fmt.Sprintf("%s:%d", filepath.Base(page), line), func(t *testing.T) {
			f(t, config.Files{Dir: t.TempDir(), Files: []config.File{{Name: page, Content: text[b[2]:b[3]]}}})
		})
	}
}

// The page that Postern is modelled on shows what its example sends.
func TestHelpPageByteForByte(t *testing.T) {
	want, err := os.ReadFile("help-page/want.http")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(want), "\n\n")
	if got := strings.TrimSpace(body); got != `{"email":"user@example.com","campaign_name":"Summer Promotion","source":"webhook"}` {
		t.Errorf("help-page sends %s", got)
	}
}
