package agent_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/console"
)

// The long one, with the program itself, is `make soak`.
func TestASoakLosesNothing(t *testing.T) {
	s := newSoak(t, 30*time.Millisecond, 150*time.Millisecond)
	s.start()
	s.alone(500 * time.Millisecond)
	s.wet(3 * time.Second)
	s.dry()
	s.account()
	s.halt()
}

// A soak posts events at a steady rate to an agent whose receivers fall ill and
// get well, while its configuration changes and webhooks pause. When all are well
// again, each event that was accepted has its end at each webhook.
type soak struct {
	*world
	volume   *volume
	client   *http.Client
	pace     time.Duration // between two events
	spell    time.Duration // of the first receiver, and between two configurations
	flappers []*flapper
	posted   int
	force    int // number of the configuration

	mu       sync.Mutex
	accepted map[string]promise
	repeated int // posts that were told to be duplicates
}

// A promise is what the client knows of an event that got a 202.
type promise struct {
	typ        string
	at         time.Time     // when it was posted
	took       time.Duration // until the 202
	deliveries int
}

const (
	solo = "solo" // events that only the healthy receiver gets
	all  = "order.paid"
)

const soakFiles = `
agent {
  data_dir      = "%s/data"
  drain_timeout = "2s"
}
listen "http" { address = "127.0.0.1:0" }
console { address = "127.0.0.1:0" }
egress {
  allow      = ["127.0.0.1"]
  allow_http = ["127.0.0.1"]
  ca_file    = "ca.pem"
}
`

// newFlappers are receivers that fail in every way.
func newFlappers() []*flapper {
	return []*flapper{
		{name: "healthy", tls: true},
		{name: "slow", well: slowly(150 * time.Millisecond)},
		{name: "sleeper", tls: true}, // some configurations pause it
		{name: "dead", deaf: true},
		{name: "tarpit", ill: silent},
		{name: "dripping", ill: bare(drip)},
		{name: "resetting", ill: bare(reset)},
		{name: "babbling", ill: bare(babble)},
		{name: "bursts", ill: answers(http.StatusBadGateway)},
		{name: "impatient", ill: answers(http.StatusServiceUnavailable), waits: []string{"50ms", "50ms"}},
		{name: "limited", ill: answers(http.StatusTooManyRequests, "Retry-After", "1")},
		{name: "dated", ill: asksToWaitUntil},
		{name: "alien", tls: true, alien: true},
		{name: "endless", ill: endless(http.StatusInternalServerError), well: endless(http.StatusOK)},
		{name: "leaving", ill: answers(http.StatusGone)},
	}
}

// newSoak lays out the files and opens the receivers; the world is to be started
// by the caller. A spell is how long the first of them is ill.
func newSoak(t *testing.T, pace, spell time.Duration) *soak {
	t.Helper()
	s := &soak{
		world: &world{t: t, dir: t.TempDir()}, client: &http.Client{}, pace: pace, spell: spell,
		flappers: newFlappers(), accepted: make(map[string]promise),
	}
	t.Cleanup(s.client.CloseIdleConnections)
	for i, f := range s.flappers {
		if f.waits == nil {
			f.waits = slices.Repeat([]string{"100ms", "500ms"}, 50)
		}
		f.spell = spell + time.Duration(i%4)*spell/2
		f.start(t)
	}
	s.volume = newVolume(t, s.dir, map[string]string{
		"agent.hcl": fmt.Sprintf(soakFiles, s.dir),
		"ca.pem":    pemOf(s.flappers[0].server),
	}, s.hooks(false))
	s.conf = s.volume.path()
	return s
}

// hooks is a configuration like no other one.
func (s *soak) hooks(paused bool) string {
	s.force++
	var b strings.Builder
	for _, f := range s.flappers {
		events := all
		if f.name == "healthy" {
			events = "*"
		}
		fmt.Fprintf(&b, `
webhook %q {
  description = "%d"
  url         = %q
  events      = [%q]
  timeout     = "1s"
  active      = %t
  payload     = { id = expr("event.id"), n = expr("n"), text = expr("text") }
  retry { schedule = ["%s"] }
  circuit {
    failures    = %d
    probe_after = "100ms"
    max_wait    = "2s"
  }
}
`, f.name, s.force, f.url, events, !paused || f.name != "sleeper", strings.Join(f.waits, `", "`), len(f.waits)/10)
	}
	return b.String()
}

// alone has the healthy receiver get events by itself.
func (s *soak) alone(d time.Duration) {
	s.t.Helper()
	s.post(solo, d)
	s.until("the first events to go out", func() bool { return s.status().Queue.Waiting() == 0 })
}

// wet has all receivers get events, while they flap and the configuration changes.
func (s *soak) wet(d time.Duration) {
	s.t.Helper()
	var flapping sync.WaitGroup
	defer flapping.Wait()
	for _, f := range s.flappers {
		if f.deaf {
			flapping.Go(func() { f.flap(s.t) })
		}
		defer close(f.heal)
	}
	posted := make(chan struct{})
	flapping.Go(func() {
		defer close(posted)
		s.post(all, d)
	})
	change := time.NewTicker(s.spell)
	defer change.Stop()
	for {
		select {
		case <-posted:
			return
		case <-change.C:
			s.change()
		}
	}
}

// post posts events of a type at the steady rate. A post that takes long holds up
// none.
func (s *soak) post(typ string, d time.Duration) {
	var posting sync.WaitGroup
	defer posting.Wait()
	tick, over := time.NewTicker(s.pace), time.After(d)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
			n := s.posted
			s.posted++
			posting.Go(func() { s.send(n, typ) })
		}
	}
}

// change puts another configuration in force, or tries to with a bad one, and
// resumes what a receiver suspended.
func (s *soak) change() {
	s.t.Helper()
	want := http.StatusOK
	text := s.hooks(s.force%4 == 0)
	if s.force%3 == 0 {
		want, text = http.StatusUnprocessableEntity, spoilt[0].spoil(text)
	}
	ways[s.force%len(ways)].save(s.volume, text)
	if status, answer := s.ask("POST", "/-/reload", "", nil); status != want {
		s.t.Errorf("reload %d: %d, want %d: %s", s.force, status, want, answer)
	}
	s.resume()
}

func (s *soak) resume() {
	s.t.Helper()
	var hook console.Webhook
	if s.ask("GET", "/api/v1/webhooks/leaving", "", &hook); hook.State == "suspended" {
		if status, answer := s.ask("POST", "/api/v1/webhooks/leaving/resume", "", nil); status != http.StatusNoContent {
			s.t.Errorf("resume: %d %s", status, answer)
		}
	}
}

// dry waits for all to go out, now that every receiver is well.
func (s *soak) dry() {
	s.t.Helper()
	ways[0].save(s.volume, s.hooks(false))
	if status, answer := s.ask("POST", "/-/reload", "", nil); status != http.StatusOK {
		s.t.Errorf("the last reload: %d %s", status, answer)
	}
	s.within(4*patience, "everything to go out", func() bool {
		s.resume()
		return s.status().Queue.Waiting() == 0
	})
}

// send posts one event, some of them twice at once, and some of those before again.
func (s *soak) send(n int, typ string) {
	var sending sync.WaitGroup
	defer sending.Wait()
	sending.Go(func() { s.offer(n, typ, "", http.StatusAccepted, http.StatusOK) })
	switch {
	case n%10 == 3:
		sending.Go(func() { s.offer(n, typ, "", http.StatusAccepted, http.StatusOK) })
	case n%10 == 7:
		s.again(n-5, "", http.StatusOK)
	case n%50 == 9:
		s.again(n-5, "other", http.StatusConflict)
	}
}

// again posts an event once more, or another one under its id.
func (s *soak) again(n int, other string, want int) {
	s.mu.Lock()
	known, ok := s.accepted[idOf(n)]
	s.mu.Unlock()
	if ok {
		s.offer(n, known.typ, other, want)
	}
}

func idOf(n int) string { return fmt.Sprintf("evt-%d", n) }

// offer posts an event, and notes a 202.
func (s *soak) offer(n int, typ, other string, want ...int) {
	id, begun := idOf(n), time.Now()
	body := fmt.Appendf(nil, `{"id": %q, "type": %q, "data": {"n": %d, "text": %q}}`, id, typ, n, other+strings.Repeat("x", 500))
	resp, err := s.client.Post("http://"+s.where.Events[0]+"/v1/events", "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Errorf("%s: %v", id, err)
		return
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || !slices.Contains(want, resp.StatusCode) {
		s.t.Errorf("%s: %s: %s, error %v", id, resp.Status, answer, err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if resp.StatusCode != http.StatusAccepted {
		s.repeated++
		return
	}
	p := promise{typ: typ, at: begun, took: time.Since(begun)}
	if _, err := fmt.Sscanf(string(answer), `{"id":"`+id+`","deliveries":%d}`, &p.deliveries); err != nil {
		s.t.Errorf("%s: %s", id, answer)
	}
	if _, twice := s.accepted[id]; twice {
		s.t.Errorf("%s: accepted twice", id)
	}
	s.accepted[id] = p
}
