package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A station is one postern as a process, with a receiver in this one. What the
// process has of its machine is for the test to choose.
type station struct {
	*exec.Cmd
	t       testing.TB
	dir     string
	events  string // address of the door
	console string
	client  *http.Client
	hook    *httptest.Server
	answer  http.HandlerFunc // nil: 200; set before the first start

	mu      sync.Mutex
	arrived map[string]int // by event
	under   int            // requests under way
	most    int            // so many at once
}

const stationFiles = `
agent {
  data_dir      = "%s/data"
  log_level     = "debug"
  drain_timeout = "1m"
}
listen "http" { address = "%s" }
console { address = "%s" }
egress {
  allow      = ["127.0.0.1"]
  allow_http = ["127.0.0.1"]
}
webhook "crm" {
  url     = "%s/crm"
  events  = ["*"]
  timeout = "30s"
  circuit { failures = 1000 }
  auth "bearer" { token = env("CRM_TOKEN") }
  retry { schedule = ["100ms", "100ms", "100ms", "200ms", "200ms", "1s", "1s", "1s"] }
}
`

const stationSecret = "spellbound-cassette-2718"

func newStation(t testing.TB) *station {
	t.Helper()
	s := &station{t: t, dir: t.TempDir(), arrived: make(map[string]int), client: &http.Client{Transport: &http.Transport{}, Timeout: patience}}
	s.hook = httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(s.hook.Close)
	t.Cleanup(s.client.CloseIdleConnections)
	var err [2]error
	s.events, err[0] = freeAddr()
	s.console, err[1] = freeAddr()
	for _, err := range err {
		if err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprintf(stationFiles, s.dir, s.events, s.console, s.hook.URL)
	if err := os.WriteFile(filepath.Join(s.dir, "agent.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *station) receive(w http.ResponseWriter, q *http.Request) {
	if _, err := io.Copy(io.Discard, q.Body); err != nil {
		return
	}
	s.mu.Lock()
	s.arrived[q.Header.Get("Webhook-Id")]++
	s.under++
	s.most = max(s.most, s.under)
	s.mu.Unlock()
	if s.answer != nil {
		s.answer(w, q)
	}
	s.mu.Lock()
	s.under--
	s.mu.Unlock()
}

// start runs the program with its log on stderr, by a shell that does before what
// it is told. It does not wait for the doors.
func (s *station) start(stderr *os.File, before string) {
	s.t.Helper()
	s.Cmd = exec.Command("sh", "-c", before+" exec postern run --config .")
	s.Dir, s.Stderr = s.dir, stderr
	s.Env = append(os.Environ(), "CRM_TOKEN="+stationSecret)
	if err := s.Start(); err != nil {
		s.t.Fatal(err)
	}
	process := s.Process
	s.t.Cleanup(func() { _ = process.Kill() }) // of one that has ended there is nothing left to kill
}

// log is a file for a log, and what is in it.
func (s *station) log() (file *os.File, text func() string) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "log")
	file, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { file.Close() })
	return file, func() string {
		raw, err := os.ReadFile(path)
		if err != nil {
			s.t.Fatal(err)
		}
		return string(raw)
	}
}

func (s *station) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// ends waits for the end, with this status.
func (s *station) ends(status int) {
	s.t.Helper()
	_ = s.Wait() // its error is the status
	if got := s.ProcessState.ExitCode(); got != status {
		s.t.Fatalf("it ended with %v, want %d", s.ProcessState, status)
	}
}

// until asks again until done.
func (s *station) until(what string, done func() bool) {
	s.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !done() {
		select {
		case <-late:
			s.t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

// ready waits for the doors.
func (s *station) ready() {
	s.t.Helper()
	s.until("the agent to be ready", func() bool { return s.ask("/readyz") != "" })
}

// ask reads from the console; empty: it has not answered well.
func (s *station) ask(path string) string {
	resp, err := s.client.Get("http://" + s.console + path)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}

// post posts events under one name and their numbers in one request.
func (s *station) post(name string, n int) {
	s.t.Helper()
	all := make([]map[string]any, n)
	for i := range all {
		all[i] = map[string]any{"id": fmt.Sprint(name, "-", i), "type": "t", "data": map[string]any{}}
	}
	body, err := json.Marshal(all)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.client.Post("http://"+s.events+"/v1/events", "application/json", strings.NewReader(string(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		text, _ := io.ReadAll(resp.Body)
		s.t.Fatalf("posted: %s %s", resp.Status, text)
	}
}

// arrive waits until n events have arrived, in all.
func (s *station) arrive(n int) {
	s.t.Helper()
	s.until(fmt.Sprint(n, " events to arrive"), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.arrived) == n
	})
}

// metric reads one; 0: there is none yet.
func (s *station) metric(name string) float64 {
	s.t.Helper()
	match := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(s.ask("/metrics"))
	if match == nil {
		return 0
	}
	v, err := strconv.ParseFloat(match[1], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// idle opens connections that say nothing, until the end of the test.
func (s *station) idle(address string, n int) (all []net.Conn) {
	s.t.Helper()
	for range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { c.Close() })
		all = append(all, c)
	}
	return all
}
