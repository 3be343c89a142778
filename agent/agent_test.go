package agent_test

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/logline"
)

const hook = `
webhook "crm" {
  url    = "$URL/crm"
  events = ["*"]
}
`

func TestRejectedConfigurationIsVisibleUntilItIsMended(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	w.start()
	w.write("crm.hcl", `webhook "crm" { url = "http://plain.example.com" }`)
	w.until("the rejection", func() bool {
		var s console.Status
		w.ask("GET", "/api/v1/status", "", &s)
		return s.Config.LastReload == "rejected" && len(s.Config.Rejected) > 4 && s.Config.Generation == 1
	})
	w.until("the gauge to fall", func() bool {
		_, text := w.ask("GET", "/metrics", "", nil)
		return strings.Contains(text, "postern_config_last_reload_successful 0")
	})
	if status, _ := w.ask("GET", "/readyz", "", nil); status != http.StatusOK {
		t.Errorf("readyz: %d; a rejected reload must not take the app down", status)
	}
	for range 3 {
		w.ask("POST", "/-/reload", "", nil)
	}
	w.write("crm.hcl", hook)
	w.until("the mended one", func() bool {
		var s console.Status
		w.ask("GET", "/api/v1/status", "", &s)
		return s.Config.LastReload == "ok" && s.Config.Generation == 1 && string(s.Config.Rejected) == "null"
	})
	w.until("the gauge to rise", func() bool {
		_, text := w.ask("GET", "/metrics", "", nil)
		return strings.Contains(text, "postern_config_last_reload_successful 1")
	})
	w.halt() // the log is whole then
	if n := strings.Count(w.log.String(), "configuration rejected"); n != 1 {
		t.Errorf("the rejection was logged %d times, want once", n)
	}
}

// Watching begins with a look, which finds what the start has just read; and one
// that follows a call finds what the call has put in force.
func TestWhatIsKnownIsNoReload(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	counted := func(line string) bool {
		_, text := w.ask("GET", "/metrics", "", nil)
		return strings.Contains(text, "postern_config_reloads_total"+line+"\n")
	}
	reloaded := func(times, unchanged int) {
		t.Helper()
		w.until("the change", func() bool { return counted(fmt.Sprintf(`{result="ok"} %d`, times)) })
		if !counted(fmt.Sprintf(`{result="unchanged"} %d`, unchanged)) || !counted(`{result="rejected"} 0`) {
			t.Error("something else counted as a reload")
		}
	}
	w.start()
	w.post(`{"type": "t", "data": {}}`)
	w.hook.next(t)
	w.write("crm.hcl", "# changed\n"+hook)
	reloaded(1, 0)
	w.write("crm.hcl", "# asked for\n"+hook)
	var called console.Reload
	w.ask("POST", "/-/reload", "", &called)
	late := 0 // the call, if the change was found before it came
	if !called.Changed {
		late = 1
	}
	w.write("other.hcl", "# found\n")
	reloaded(3, late)
	w.halt()

	w.write("crm.hcl", "webhook {")
	w.lastGood = true
	w.start()
	w.post(`{"type": "t", "data": {}}`)
	w.hook.next(t)
	if c := w.status().Config; !c.LastGood || c.LastReload != "rejected" {
		t.Errorf("%+v", c)
	}
	w.write("crm.hcl", "# mended\n"+hook)
	reloaded(1, 0)
	w.halt()
}

// What a rejected configuration asked for may mend it, so it is watched too.
func TestMissingFileThatAppearsMendsTheConfiguration(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	w.start()
	w.write("crm.hcl", `
webhook "crm" {
  url     = "$URL/crm"
  events  = ["*"]
  headers = { "X-Team" = file("team.txt") }
}
`)
	w.until("the rejection", func() bool { return strings.Contains(w.log.String(), "team.txt") })
	w.write("team.txt", "summer\n")
	w.until("the reload", func() bool {
		var s console.Status
		w.ask("GET", "/api/v1/status", "", &s)
		return s.Config.Generation == 2
	})
	w.post(`{"type": "t", "data": {}}`)
	if got := w.hook.next(t).header.Get("X-Team"); got != "summer" {
		t.Errorf("X-Team is %q", got)
	}
	w.halt()
}

// Every place where a secret could come out is searched for it, in every
// spelling; it may stand in the request alone.
func TestNoSecretLeavesButInRequests(t *testing.T) {
	secrets := map[string]string{
		"CANARY_SIGN":     "canary-signing-0001",
		"CANARY_PASSWORD": "canary-password-0002",
		"CANARY_PAYLOAD":  "canary-payload-0003",
		"CANARY_HEADER":   "canary-header-0004",
		"CANARY_QUERY":    "canary-query-0005",
		"CANARY_PATH":     "canary-path-0006",
	}
	for name, value := range secrets {
		t.Setenv(name, value)
	}
	echo := func(w http.ResponseWriter, q *http.Request) { // a receiver that says what it heard
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, "%s %s %v", q.URL, q.Header, secrets)
	}
	w := newWorld(t, echo)
	w.write("crm.hcl", `
webhook "crm" {
  url               = "$URL/${env("CANARY_PATH")}/x"
  events            = ["*"]
  secret            = env("CANARY_SIGN")
  query             = { key = env("CANARY_QUERY") }
  headers           = { "X-Key" = "Key ${env("CANARY_HEADER")}" }
  payload           = { key = env("CANARY_PAYLOAD"), text = "with ${env("CANARY_PAYLOAD")} inside", email = expr("email") }
  log_response_body = true
  auth "basic" {
    username = "postern"
    password = env("CANARY_PASSWORD")
  }
  retry { schedule = ["10ms", "1h"] }
}
`)
	w.start()
	w.post(`{"id": "e", "type": "t", "data": {"email": "user@example.com"}}`)
	for range 2 { // the retry fills in what was pinned
		if got := w.hook.next(t); !strings.Contains(string(got.body), secrets["CANARY_PAYLOAD"]) {
			t.Fatalf("the request lacks its secret: %s", got.body)
		}
	}
	var list struct {
		Deliveries []struct{ ID string } `json:"deliveries"`
	}
	w.until("the second attempt to be recorded", func() bool { return strings.Count(w.log.String(), `"msg":"attempt"`) >= 2 })
	w.ask("GET", "/api/v1/deliveries", "", &list)

	outputs := map[string]string{}
	for _, path := range []string{"/", "/api/v1/status", "/api/v1/webhooks", "/api/v1/webhooks/crm", "/api/v1/deliveries/" + list.Deliveries[0].ID,
		"/deliveries/" + list.Deliveries[0].ID, "/api/v1/events/e", "/api/v1/secrets", "/metrics"} {
		status, text := w.ask("GET", path, "", nil)
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
		outputs[path] = text
	}
	w.write("bad.hcl", `webhook "bad" { url = "https://u:${env("CANARY_PASSWORD")}@h/${env("CANARY_PATH")}" }`)
	_, outputs["reload"] = w.ask("POST", "/-/reload", "", nil)
	w.halt()
	outputs["log"] = w.log.String()
	readAll(t, filepath.Join(w.dir, "data"), outputs)

	for where, text := range outputs {
		for name, value := range secrets {
			for _, spelling := range []string{value, base64.StdEncoding.EncodeToString([]byte(value)), hex.EncodeToString([]byte(value)), url.QueryEscape(value)} {
				if strings.Contains(text, spelling) {
					t.Errorf("%s holds %s", where, name)
				}
			}
		}
	}
	if !strings.Contains(outputs["/api/v1/deliveries/"+list.Deliveries[0].ID], "(sensitive)") {
		t.Error("the receiver's echo is not in the kept body: the test would find nothing")
	}
}

func readAll(t *testing.T, dir string, into map[string]string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		into[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const blank = `
webhook "crm" {
  url    = "$URL/crm"
  events = ["*"]
  secret = ""
}
`

// A rejected configuration that lacks nothing but a secret goes live with it.
func TestSecretMendsTheConfigurationThatWantsIt(t *testing.T) {
	w := newWorld(t, nil)
	w.start()
	w.write("crm.hcl", blank)
	w.until("the rejection", func() bool { return strings.Contains(w.log.String(), "no stored secret") })
	if code, text := w.ask("PUT", "/api/v1/secrets/crm", `{"secret": "sixteen bytes or more"}`, nil); code != http.StatusNoContent {
		t.Fatalf("%d %s", code, text)
	}
	var s console.Status
	if w.ask("GET", "/api/v1/status", "", &s); s.Config.LastReload != "ok" {
		t.Errorf("%+v", s)
	}
	w.post(`{"type": "t", "data": {}}`)
	if w.hook.next(t).header.Get("Webhook-Signature") == "" {
		t.Error("unsigned")
	}
	w.halt()
}

// A literal secret would take the place of the stored one in the same breath.
func TestSecretIsNotStoredBesideALiteralOne(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", strings.Replace(blank, `""`, `"a literal secret of some length"`, 1))
	w.start()
	for method, body := range map[string]string{"PUT": `{"secret": "sixteen bytes or more"}`, "DELETE": ""} {
		if code, text := w.ask(method, "/api/v1/secrets/crm", body, nil); code != http.StatusUnprocessableEntity || !strings.Contains(text, "written in its configuration") {
			t.Errorf("%s: %d %s", method, code, text)
		}
	}
	w.halt()
}

// What is kept is what worked, not what happens to be on disk by now.
func TestLastGoodOutlivesItsOwnStart(t *testing.T) {
	w := newWorld(t, nil)
	w.write("team.txt", "summer")
	w.write("crm.hcl", strings.Replace(hook, "events", `headers = { "X-Team" = file("team.txt") }`+"\n  events", 1))
	w.start()
	w.halt()
	w.write("team.txt", "\x00 is in no header")
	w.lastGood = true
	for range 2 {
		w.start()
		w.post(`{"type": "t", "data": {}}`)
		if got := w.hook.next(t).header.Get("X-Team"); got != "summer" {
			t.Errorf("X-Team is %q", got)
		}
		if code, text := w.ask("PUT", "/api/v1/secrets/other", `{"secret": "sixteen bytes or more"}`, nil); code != http.StatusNoContent {
			t.Errorf("a secret: %d %s", code, text)
		}
		var s console.Status
		if w.ask("GET", "/api/v1/status", "", &s); !s.Config.LastGood || s.Config.LastReload != "rejected" {
			t.Errorf("status: %+v", s.Config)
		}
		w.halt()
	}
	w.start()
	w.write("team.txt", "summer")
	w.until("the files that are good again", func() bool {
		var s console.Status
		w.ask("GET", "/api/v1/status", "", &s)
		return !s.Config.LastGood && s.Config.LastReload == "ok"
	})
	w.halt()
}

func TestReplayAndResume(t *testing.T) {
	var mu sync.Mutex
	status := http.StatusBadRequest
	w := newWorld(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.WriteHeader(status)
	})
	answer := func(code int) { mu.Lock(); status = code; mu.Unlock() }
	w.write("crm.hcl", `
webhook "crm" {
  url    = "$URL/crm"
  events = ["*"]
  retry {
    schedule  = ["1h"]
    permanent = [400]
  }
}
`)
	w.start()
	w.post(`{"id": "e1", "type": "t", "data": {"n": 1}}`)
	first := w.hook.next(t)
	var failed struct {
		Deliveries []struct{ ID, Class string } `json:"deliveries"`
	}
	w.until("the failure", func() bool {
		w.ask("GET", "/api/v1/deliveries?state=failed", "", &failed)
		return len(failed.Deliveries) == 1
	})

	answer(http.StatusGone)
	if code, text := w.ask("POST", "/api/v1/deliveries/"+failed.Deliveries[0].ID+"/replay", "", nil); code != http.StatusAccepted {
		t.Fatalf("replay: %d %s", code, text)
	}
	if again := w.hook.next(t); string(again.body) != string(first.body) || again.header.Get("Webhook-Id") != "e1" {
		t.Errorf("the replay differs: %s", again.body)
	}
	hookState := func() string {
		var h console.Webhook
		w.ask("GET", "/api/v1/webhooks/crm", "", &h)
		return h.State
	}
	w.until("the suspension", func() bool { return hookState() == "suspended" })

	// A suspension survives a restart.
	w.halt()
	answer(http.StatusOK)
	w.start()
	if s := hookState(); s != "suspended" {
		t.Errorf("after a restart the webhook is %s", s)
	}
	w.post(`{"id": "e2", "type": "t", "data": {}}`)
	if code, _ := w.ask("POST", "/api/v1/webhooks/crm/resume", "", nil); code != http.StatusNoContent {
		t.Errorf("resume: %d", code)
	}
	if got := w.hook.next(t).header.Get("Webhook-Id"); got != "e2" {
		t.Errorf("after resume came %s", got)
	}
	w.halt()
}

func TestFullLineAnswers503AndRecovers(t *testing.T) {
	w := newWorld(t, nil)
	w.write("agent.hcl", fmt.Sprintf(base, w.dir)+`
queue "embedded" { max_bytes = "1MiB" }
`)
	w.write("crm.hcl", strings.Replace(hook, "events", "active = false\n  events", 1))
	w.start()
	large := strings.Repeat("x", 100_000)
	accepted := 0
	for ; accepted < 20; accepted++ {
		status := w.post(fmt.Sprintf(`{"id": "e%d", "type": "t", "data": {"x": %q}}`, accepted, large))
		if status == http.StatusServiceUnavailable {
			break
		}
		if status != http.StatusAccepted {
			t.Fatalf("event %d: %d", accepted, status)
		}
	}
	if accepted == 0 || accepted >= 20 {
		t.Fatalf("%d events of 100 kB fit into 1 MiB", accepted)
	}
	w.write("crm.hcl", hook) // it flows, and there is room again
	for range accepted {
		w.hook.next(t)
	}
	w.until("room", func() bool { return w.post(`{"type": "t", "data": {"x": "`+large+`"}}`) == http.StatusAccepted })
	w.halt()
}

func TestStoppingRefusesNewEventsAndKeepsThem(t *testing.T) {
	hold := make(chan struct{})
	w := newWorld(t, func(http.ResponseWriter, *http.Request) { <-hold })
	w.write("crm.hcl", hook)
	w.start()
	w.post(`{"id": "e1", "type": "t", "data": {}}`)
	w.hook.next(t)
	w.stop()
	w.until("the stop", func() bool { return strings.Contains(w.log.String(), `"msg":"stopping"`) })
	close(hold) // the attempt under way ends well
	if err := <-w.stopped; err != nil {
		t.Fatal(err)
	}
	w.start()
	var list struct {
		Deliveries []struct{ State string } `json:"deliveries"`
	}
	w.ask("GET", "/api/v1/deliveries", "", &list)
	if len(list.Deliveries) != 1 || list.Deliveries[0].State != "delivered" {
		t.Errorf("after the restart: %+v", list)
	}
	w.halt()
}

// A client that never finishes its request neither holds the stop up for longer
// than drain_timeout nor makes a failure of it.
func TestStopDoesNotWaitForHangingClients(t *testing.T) {
	w := newWorld(t, nil)
	w.write("agent.hcl", strings.Replace(fmt.Sprintf(base, w.dir), `"2s"`, `"100ms"`, 1))
	w.write("crm.hcl", hook)
	w.start()
	c, err := net.Dial("tcp", w.where.Events[0])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /v1/events HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 99\r\n\r\n", w.where.Events[0])
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	w.halt()
	if log := w.log.String(); !strings.Contains(log, "cut off after 100ms") {
		t.Errorf("nothing was cut off: the test shows nothing\n%s", log)
	}
}

// The receiver never answers: what was set at the start is longer than halt waits.
func TestAReloadedDrainTimeoutHolds(t *testing.T) {
	w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	settings := fmt.Sprintf(base, w.dir)
	w.write("agent.hcl", strings.Replace(settings, `"2s"`, `"1m"`, 1))
	w.write("crm.hcl", strings.Replace(hook, "{", "{\n  timeout = \"10m\"", 1))
	w.start()
	w.post(`{"id": "e1", "type": "t", "data": {}}`)
	w.hook.next(t)
	w.write("agent.hcl", strings.Replace(settings, `"2s"`, `"1ms"`, 1))
	w.until("the reload", func() bool { return strings.Contains(w.log.String(), `"msg":"configuration reloaded"`) })
	w.halt()
}

func TestSecondAgentIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.start()
	err := agent.Run(t.Context(), agent.Options{Config: w.conf, Logs: logline.New(logline.Options{Out: &w.log})})
	var storage *agent.StorageError
	if !errors.As(err, &storage) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("the second agent: %v", err)
	}
	w.halt()
}

func TestUnreadableSecretsAreAnErrorOfTheStart(t *testing.T) {
	w := newWorld(t, nil)
	path := filepath.Join(w.dir, "data", "secrets.json")
	if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("scribble"), 0o600)); err != nil {
		t.Fatal(err)
	}
	err := agent.Run(t.Context(), agent.Options{Config: w.conf, Logs: logline.New(logline.Options{Out: &w.log})})
	var storage *agent.StorageError
	if !errors.As(err, &storage) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.start() // the data directory was given back
	w.halt()
}

func TestMetricsHaveTheirPublicNames(t *testing.T) {
	w := newWorld(t, nil)
	w.write("crm.hcl", hook)
	w.start()
	w.post(`{"type": "t", "data": {}}`)
	w.hook.next(t)
	var text string
	w.until("the attempt to be counted", func() bool {
		_, text = w.ask("GET", "/metrics", "", nil)
		return strings.Contains(text, "\npostern_attempts_total")
	})
	for _, name := range []string{
		"postern_build_info", "postern_config_last_reload_successful", "postern_config_last_reload_success_timestamp_seconds",
		"postern_config_reloads_total", "postern_webhooks", "postern_events_received_total", "postern_events_duplicate_total",
		"postern_events_unrouted_total", "postern_deliveries_discarded_total", "postern_queue_max_bytes", "postern_deliveries_total",
		"postern_attempts_total", "postern_attempt_duration_seconds", "postern_delivery_lag_seconds", "postern_queue_deliveries", "postern_queue_oldest_age_seconds",
		"postern_queue_bytes", "postern_queue_corrupt_records_total", "postern_queue_fsync_duration_seconds", "postern_log_dropped_total",
	} {
		if !strings.Contains(text, "\n# HELP "+name+" ") && !strings.HasPrefix(text, "# HELP "+name+" ") {
			t.Errorf("no metric %s", name)
		}
	}
	w.halt()
}

func TestDeliveriesThatEndAtTheDoorAreCounted(t *testing.T) {
	w := newWorld(t, nil)
	w.write("hooks.hcl", `
webhook "asleep" {
  url         = "https://example.com/"
  events      = ["t"]
  active      = false
  on_inactive = "skip"
}
webhook "picky" {
  url    = "https://example.com/"
  events = ["t"]
  filter = expr("n > 1")
}
`)
	w.start()
	w.post(`{"type": "t", "data": {"n": "no number"}}`)
	_, text := w.ask("GET", "/metrics", "", nil)
	for _, line := range []string{
		`postern_deliveries_total{outcome="skipped",webhook="asleep"} 1`,
		`postern_deliveries_total{outcome="failed",webhook="picky"} 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	w.halt()
}
