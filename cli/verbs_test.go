package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/console"
)

// A rig is a running agent with two webhooks: crm answers 200, gone answers 410.
type rig struct {
	dir     string // of everything
	path    string // of the configuration
	conf    string // its text
	console string // its address
	flags   []string
	log     bytes.Buffer // to be read when it has ended
}

const rigConfig = `
agent { data_dir = %q }
listen "http" { address = %q }
console { address = %q }
egress {
  allow   = ["127.0.0.1"]
  ca_file = "ca.pem"
}
event "contact.subscribed" {
  sample = { contact = { email = "ada@example.com" } }
}
defaults { log_response_body = true }
webhook "crm" {
  url    = "%s/crm"
  events = ["contact.*"]
}
webhook "gone" {
  url    = "%s/gone"
  events = ["contact.*"]
}
`

func startRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{dir: t.TempDir()}
	crm := receive(t, "--tls", "--ca-out", filepath.Join(r.dir, "crm.pem"), "--body", "noted \u202e\x1b[31m")
	gone := receive(t, "--tls", "--ca-out", filepath.Join(r.dir, "gone.pem"), "--status", "410")
	var roots []byte
	for _, name := range []string{"crm.pem", "gone.pem"} {
		pem, err := os.ReadFile(filepath.Join(r.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, pem...)
	}
	events, err := freeAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if r.console, err = freeAddress("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	r.path, r.flags = filepath.Join(r.dir, "postern.hcl"), []string{"--config", filepath.Join(r.dir, "postern.hcl")}
	r.conf = fmt.Sprintf(rigConfig, filepath.Join(r.dir, "data"), events, r.console, crm.url, gone.url)
	for name, content := range map[string][]byte{"ca.pem": roots, "postern.hcl": []byte(r.conf)} {
		if err := os.WriteFile(filepath.Join(r.dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.start(t, "warn")
	return r
}

// start runs the agent until the end of the test.
func (r *rig) start(t *testing.T, level string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var out bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"run", "--log-level", level}, r.flags...), strings.NewReader(""), &out, &r.log)
	}()
	t.Cleanup(func() {
		stop()
		if status := <-ended; status != 0 || out.Len() > 0 {
			t.Errorf("run: status %d\n%s\n%s", status, &out, &r.log)
		}
		if t.Failed() {
			t.Logf("log:\n%s", &r.log)
		}
	})
	r.eventually(t, "", "healthcheck", "--console", r.console)
}

// verb runs a verb with the rig's configuration.
func (r *rig) verb(t *testing.T, args ...string) ran {
	t.Helper()
	return invoke(t, "", append(args, r.flags...)...)
}

// eventually runs a verb until it is well and its output matches.
func (r *rig) eventually(t *testing.T, pattern string, args ...string) ran {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for {
		got := invoke(t, "", args...)
		if got.status == 0 && regexp.MustCompile(pattern).MatchString(got.out) {
			return got
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: never %q, last %+v", args, pattern, got)
		}
	}
}

func (r *rig) deliveries(t *testing.T, args ...string) []console.Delivery {
	t.Helper()
	got := r.verb(t, append([]string{"deliveries", "ls", "--output", "json"}, args...)...)
	var l console.List
	if err := json.Unmarshal([]byte(got.out), &l); err != nil || got.status != 0 {
		t.Fatalf("%v: %+v", err, got)
	}
	return l.Deliveries
}

func TestVerbsThatTalkToAnAgent(t *testing.T) {
	r := startRig(t)

	if got := r.verb(t, "send", "contact.subscribed", "--id", "e-1"); got != (ran{0, "e-1 accepted, 2 deliveries\n", ""}) {
		t.Errorf("send: %+v", got)
	}
	if got := r.verb(t, "send", "contact.subscribed", "--id", "e-1"); got != (ran{0, "e-1 was accepted before; nothing is sent again\n", ""}) {
		t.Errorf("send again: %+v", got)
	}
	if got := r.verb(t, "send", "*", "--data", filepath.Join(r.dir, "postern.hcl")); got.status != 1 || !strings.Contains(got.err, "not one JSON object") {
		t.Errorf("send what is not JSON: %+v", got)
	}
	if got := r.verb(t, "send", "contact.unknown"); got.status != 1 || !strings.Contains(got.err, "there are samples of contact.subscribed") {
		t.Errorf("send without a sample: %+v", got)
	}
	object := filepath.Join(r.dir, "data.json")
	if err := os.WriteFile(object, []byte(" {\"n\": 12345678901234567890}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := r.verb(t, "send", "*", "--data", object); got.status != 1 || !strings.Contains(got.err, "refused: 422") {
		t.Errorf("send a bad type: %+v", got)
	}
	if got := r.verb(t, "send", "other", "--data", object); got.status != 0 || !strings.Contains(got.out, " accepted, 0 deliveries") {
		t.Errorf("send a file: %+v", got)
	}

	ls := append([]string{"deliveries"}, r.flags...)
	r.eventually(t, `crm +delivered +ok`, ls...)
	r.eventually(t, `gone +failed +gone`, ls...)
	if got := len(r.deliveries(t)); got != 2 {
		t.Errorf("%d deliveries", got)
	}
	if diff := cmp.Diff(r.deliveries(t), r.deliveries(t, "--all")); diff != "" {
		t.Errorf("--all: %s", diff)
	}
	if got := r.deliveries(t, "--all", "--webhook", "nobody"); len(got) != 0 {
		t.Errorf("of nobody: %v", got)
	}
	first := r.verb(t, "deliveries", "--limit", "1")
	if first.status != 0 || strings.Count(first.out, "\n") != 2 || !strings.HasPrefix(first.err, "there are more: --cursor ") {
		t.Errorf("--limit 1: %+v", first)
	}
	for _, args := range [][]string{{"deliveries", "--webhook", "nobody"}, {"deliveries", "--webhook", "nobody", "--all"}} {
		if got := r.verb(t, args...); got != (ran{0, "no deliveries\n", ""}) {
			t.Errorf("%s: %+v", args, got)
		}
	}

	crm, gone := r.deliveries(t, "--webhook", "crm")[0], r.deliveries(t, "--webhook", "gone")[0]
	show := r.verb(t, "deliveries", "show", crm.ID)
	for _, want := range []string{"e-1 (contact.subscribed)", "delivered", "ATTEMPT", "  200 ", "TIME LINE", "127.0.0.1:", ", TLS 1.3", "  connect ", ", first byte ", `noted \u202e\x1b[31m`} {
		if show.status != 0 || !strings.Contains(show.out, want) {
			t.Errorf("show: no %q in\n%s%s", want, show.out, show.err)
		}
	}
	if got := r.verb(t, "deliveries", "show", "nothing"); got.status != 1 || got.out != "" {
		t.Errorf("show nothing: %+v", got)
	}

	status := r.verb(t, "status")
	for _, want := range []string{r.path, "generation 1", `crm      active `, `gone     suspended `, "the receiver answered 410 Gone; postern resume gone ends that"} {
		if status.status != 0 || !strings.Contains(status.out, want) {
			t.Errorf("status: no %q in\n%s%s", want, status.out, status.err)
		}
	}
	if got := r.verb(t, "resume", "gone"); got.status != 0 {
		t.Errorf("resume: %+v", got)
	}
	if got := r.verb(t, "resume", "nobody"); got.status != 1 || got.err != "postern: webhook nobody: no such webhook\n" {
		t.Errorf("resume nobody: %+v", got)
	}
	again := regexp.MustCompile(`^` + gone.ID + ` to gone is (pending|held) again\n$`) // held: it was answered 410 already
	if got := r.verb(t, "replay", gone.ID); got.status != 0 || !again.MatchString(got.out) {
		t.Errorf("replay: %+v", got)
	}
	r.eventually(t, `(?s)ATTEMPT.*\n1 .*410.*\n2 .*410`, append([]string{"deliveries", "show", gone.ID}, r.flags...)...)

	if got := invoke(t, testSecret, append([]string{"secret", "set", "later"}, r.flags...)...); got.status != 0 || !strings.Contains(got.out, "by the agent at 127.0.0.1:") {
		t.Errorf("secret set: %+v", got)
	}
	if got := r.verb(t, "secret", "ls"); got.status != 0 || !regexp.MustCompile(`later +\d+s ago +set`).MatchString(got.out) {
		t.Errorf("secret ls: %+v", got)
	}
	if got := r.verb(t, "secret", "rm", "nobody"); got.status != 1 {
		t.Errorf("secret rm nobody: %+v", got)
	}
	if got := r.verb(t, "reload"); got.status != 0 || !strings.HasPrefix(got.out, "nothing changed; generation ") {
		t.Errorf("reload: %+v", got)
	}
}

func TestARefusedReloadExitsWith1AndSaysWhy(t *testing.T) {
	r := startRig(t)
	if err := os.WriteFile(r.path, []byte(r.conf+badConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	got := r.verb(t, "reload", "--console", r.console)
	if got.status != 1 || !strings.Contains(got.err, "postern.hcl:") || !strings.Contains(got.err, "stays in force") {
		t.Errorf("%+v", got)
	}
}

func TestVerbsWithoutAnAgentExitWith69(t *testing.T) {
	_, flags := alone(t)
	for _, verb := range []string{"status", "deliveries", "deliveries show x", "replay x", "resume x", "reload", "tail", "replay --webhook x", "deliveries export"} {
		got := invoke(t, "", append(strings.Fields(verb), flags[:2]...)...)
		if got.status != 69 || got.out != "" || !strings.Contains(got.err, "not reachable") || !strings.Contains(got.err, "--console") {
			t.Errorf("%s: %+v", verb, got)
		}
	}
	got := invoke(t, "{}", "send", "x", "--data", "-", "--url", "http://"+flags[1])
	if got.status != 69 || !strings.Contains(got.err, "no agent takes events at http://"+flags[1]+": connect: connection refused\nIs the agent running") {
		t.Errorf("send: %+v", got)
	}
	if got := invoke(t, "", append([]string{"healthcheck"}, flags[:2]...)...); got.status != 1 {
		t.Errorf("healthcheck: %+v", got)
	}
}

func TestReplayOfSeveral(t *testing.T) {
	r := startRig(t)
	for _, id := range []string{"e-1", "e-2", "e-3"} {
		if got := r.verb(t, "send", "contact.subscribed", "--id", id); got.status != 0 {
			t.Fatalf("send: %+v", got)
		}
		if id == "e-1" { // the first 410 suspends gone; the others are held
			r.eventually(t, `gone +failed +gone`, append([]string{"deliveries"}, r.flags...)...)
		}
	}
	r.eventually(t, `(?s)(crm +delivered.*){3}`, append([]string{"deliveries"}, r.flags...)...)
	for _, tt := range []struct{ args, want string }{
		{"--webhook crm --state delivered --dry-run", "3 deliveries would be replayed; nothing was changed\n"},
		{"--webhook gone --dry-run", "1 delivery would be replayed; nothing was changed\n"},
		{"--webhook gone --until 1h --dry-run", "0 deliveries would be replayed; nothing was changed\n"},
	} {
		got := r.verb(t, append([]string{"replay"}, strings.Fields(tt.args)...)...)
		if got.status != 0 || got.err != tt.want {
			t.Errorf("%s: %+v", tt.args, got)
		}
	}
	if got := r.verb(t, "replay", "--webhook", "crm", "--state", "delivered"); got != (ran{0, "3 deliveries are pending again\n", ""}) {
		t.Errorf("replay: %+v", got)
	}
	for _, d := range r.deliveries(t, "--webhook", "crm") {
		r.eventually(t, `(?s)ATTEMPT.*\n1 .*200.*\n2 .*200`, append([]string{"deliveries", "show", d.ID}, r.flags...)...)
		got := r.verb(t, "replay", d.ID, "--dry-run")
		if got.status != 0 || !strings.Contains(got.out, d.ID) || !strings.HasPrefix(got.err, "1 delivery would be") {
			t.Errorf("of one: %+v", got)
		}
	}
	got := r.verb(t, "replay", "--webhook", "nobody", "--output", "json")
	if got.status != 0 || got.out != "{\n  \"replayed\": 0,\n  \"refused\": []\n}\n" {
		t.Errorf("of nobody: %+v", got)
	}
}

func TestExport(t *testing.T) {
	r := startRig(t)
	if got := r.verb(t, "send", "contact.subscribed", "--id", "e-1"); got.status != 0 {
		t.Fatalf("send: %+v", got)
	}
	r.eventually(t, `crm +delivered +ok`, append([]string{"deliveries"}, r.flags...)...)
	r.eventually(t, `gone +failed +gone`, append([]string{"deliveries"}, r.flags...)...)
	got := r.verb(t, "deliveries", "export")
	for line := range strings.Lines(got.out) {
		var d console.Delivery
		if err := json.Unmarshal([]byte(line), &d); err != nil || d.EventID != "e-1" {
			t.Errorf("%v: %s", err, line)
		}
	}
	if got.status != 0 || got.err != "" || strings.Count(got.out, "\n") != 2 {
		t.Errorf("%+v", got)
	}
	got = r.verb(t, "deliveries", "export", "--format", "csv", "--state", "failed")
	if !regexp.MustCompile(`^id,event_id,type,webhook,state,class,created_at,next_attempt_at\ndlv_\w+,e-1,contact.subscribed,gone,failed,gone,20\S+Z,\n$`).MatchString(got.out) || got.status != 0 {
		t.Errorf("%+v", got)
	}
	if got := r.verb(t, "deliveries", "export", "--state", "lost"); got.status != 2 {
		t.Errorf("%+v", got)
	}
}

func TestAnExportedCellIsNoFormula(t *testing.T) {
	row := exported(&console.Delivery{ID: "dlv_1", Type: "=cmd()", EventID: "-1", Webhook: "crm"})
	if row[2] != "'=cmd()" || row[1] != "'-1" || row[3] != "crm" || row[5] != "" || row[7] != "" {
		t.Errorf("%q", row)
	}
}

// A tail begins with what ends after it was asked for, and shows it as it happens.
func TestTail(t *testing.T) {
	r := startRig(t)
	for _, tt := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--count", "1", "--webhook", "crm"}, `^\d\d:\d\d:\d\d\.\d{3}  delivered  crm +contact\.subscribed +ok +200 +\d+ms  dlv_\w+\n$`},
		{[]string{"--count", "1", "--state", "delivered", "--output", "json"}, `^\{"at":"[^"]+Z","delivery_id":"dlv_\w+","event_id":"e-\d","type":"contact.subscribed","webhook":"crm","state":"delivered","class":"ok","attempt":1,"status":200,"duration_ms":\d+,"error":null,"next_attempt_at":null\}\n$`},
	} {
		out := &watched{seen: make(chan struct{}, 1)}
		ended := make(chan int, 1)
		var told bytes.Buffer
		go func() {
			ended <- run(t.Context(), append(append([]string{"tail"}, tt.flags...), r.flags...), strings.NewReader(""), &told, out)
		}()
		<-out.seen // it is watching
		if got := r.verb(t, "send", "contact.subscribed", "--id", fmt.Sprintf("e-%d", len(tt.flags))); got.status != 0 {
			t.Fatalf("send: %+v", got)
		}
		if status := <-ended; status != 0 || !regexp.MustCompile(tt.want).MatchString(told.String()) {
			t.Errorf("%s: status %d: %s", tt.flags, status, &told)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if got := invokeUntil(t, ctx, "", append([]string{"tail"}, r.flags...)...); got.status != 0 || got.out != "" {
		t.Errorf("ended by Ctrl-C: %+v", got)
	}
	if got := r.verb(t, "tail", "--state", "held"); got.status != 2 || !strings.Contains(got.err, "--state: one of pending, delivered, failed, skipped is wanted") {
		t.Errorf("%+v", got)
	}
}

// A watched tells that something was written.
type watched struct{ seen chan struct{} }

func (w *watched) Write(b []byte) (int, error) {
	select {
	case w.seen <- struct{}{}:
	default:
	}
	return len(b), nil
}
