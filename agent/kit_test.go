package agent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/logline"
)

func TestMain(m *testing.M) {
	if config := os.Getenv(asAgent); config != "" {
		os.Exit(beAgent(config))
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

// A receiver is an HTTPS server that keeps what it got.
type receiver struct {
	*httptest.Server
	got chan received
}

type received struct {
	header http.Header
	body   []byte
}

func newReceiver(t testing.TB, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{got: make(chan received, 10_000)}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return
		}
		r.got <- received{q.Header.Clone(), body}
		if answer != nil {
			answer(w, q)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) next(t testing.TB) received {
	t.Helper()
	select {
	case one := <-r.got:
		return one
	case <-time.After(patience):
		t.Fatal("the receiver waits in vain")
		return received{}
	}
}

// A world is a configuration directory, a receiver, and an agent over both.
type world struct {
	t    testing.TB
	dir  string // of everything
	conf string
	hook *receiver

	lastGood bool // start with it, if need be
	log      lines
	where    agent.Addresses
	reload   chan struct{}
	stop     context.CancelFunc
	stopped  chan error
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// base is the part of a configuration that no test is about.
const base = `
agent {
  data_dir      = "%s/data"
  log_level     = "debug"
  drain_timeout = "2s"
}
listen "http" { address = "127.0.0.1:0" }
console { address = "127.0.0.1:0" }
egress {
  allow   = ["127.0.0.1"]
  ca_file = "ca.pem"
}
`

func newWorld(t testing.TB, answer http.HandlerFunc) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), hook: newReceiver(t, answer)}
	w.conf = filepath.Join(w.dir, "conf")
	if err := os.Mkdir(w.conf, 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("ca.pem", pemOf(w.hook.Server))
	w.write("agent.hcl", fmt.Sprintf(base, w.dir))
	return w
}

// pemOf is the certificate by which a receiver is known.
func pemOf(s *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

// write saves a file of the configuration the way an editor does.
func (w *world) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.conf, name)
	text = strings.ReplaceAll(text, "$URL", w.hook.URL)
	if err := os.WriteFile(path+".tmp", []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		w.t.Fatal(err)
	}
}

// start runs the agent until halt, or the end of the test.
func (w *world) start() {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	logs := logline.New(logline.Options{Out: &w.log})
	logsCtx, stopLogs := context.WithCancel(context.Background())
	var writing sync.WaitGroup
	writing.Go(func() { logs.Run(logsCtx) })

	ready := make(chan agent.Addresses, 1)
	w.stop, w.stopped, w.reload = stop, make(chan error, 1), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		err := agent.Run(ctx, agent.Options{
			Config: w.conf, Version: "test", Logs: logs, Reload: w.reload, LastGood: w.lastGood,
			Ready: func(a agent.Addresses) { ready <- a },
		})
		logs.Close()
		stopLogs()
		writing.Wait()
		w.stopped <- err
	})
	w.t.Cleanup(func() { stop(); running.Wait() })
	select {
	case w.where = <-ready:
	case err := <-w.stopped:
		w.t.Fatalf("the agent did not start: %v\n%s", err, w.log.String())
	case <-time.After(patience):
		w.t.Fatal("the agent is not ready")
	}
}

func (w *world) halt() {
	w.t.Helper()
	w.stop()
	select {
	case err := <-w.stopped:
		if err != nil {
			w.t.Fatalf("stopped with %v", err)
		}
	case <-time.After(patience):
		w.t.Fatal("the agent does not stop")
	}
}

// post sends one event and gives back the status.
func (w *world) post(text string) int {
	w.t.Helper()
	resp, err := http.Post("http://"+w.where.Events[0]+"/v1/events", "application/json", strings.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode
}

// ask calls the console and decodes the answer into out, unless that is nil.
func (w *world) ask(method, path, body string, out any) (status int, text string) {
	w.t.Helper()
	q, err := http.NewRequest(method, "http://"+w.where.Console+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			w.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return resp.StatusCode, string(raw)
}

func (w *world) status() (s console.Status) {
	w.t.Helper()
	w.ask("GET", "/api/v1/status", "", &s)
	return s
}

// eachDelivery goes through all that the line has.
func (w *world) eachDelivery(do func(d *console.Delivery)) {
	w.t.Helper()
	w.eachOf("", do)
}

// eachOf goes through those that a query chooses.
func (w *world) eachOf(query string, do func(d *console.Delivery)) {
	w.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Deliveries []console.Delivery
			Next       *string `json:"next_cursor"`
		}
		w.ask("GET", "/api/v1/deliveries?limit=500&"+query+"&cursor="+url.QueryEscape(cursor), "", &page)
		for i := range page.Deliveries {
			do(&page.Deliveries[i])
		}
		if page.Next == nil {
			return
		}
		cursor = *page.Next
	}
}

// until asks again until done; it is the only clock of these tests.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	w.within(patience, what, done)
}

func (w *world) within(most time.Duration, what string, done func() bool) {
	w.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(most)
	for !done() {
		select {
		case <-late:
			w.t.Fatalf("waited in vain: %s\n%s", what, w.log.String())
		case <-tick.C:
		}
	}
}
