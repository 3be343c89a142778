package agent_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/event"
)

// A siege changes the configuration of a running agent over and over, well and
// badly, while events are posted, and holds the agent to what it promised: a good
// change is in force, a bad one is not, and nothing is lost.
type siege struct {
	*world
	volume   *volume
	receiver *httptest.Server
	client   *http.Client
	hangUp   func()        // asks for a reload by signal
	pace     time.Duration // between two events of a poster
	unasked  int           // one of so many changes is left for the agent to find
	steps    int
	probes   int
	good     string // the text in force
	force    string // its number

	mu       sync.Mutex
	accepted map[string]receipt
	answered map[string]map[string]int // by webhook and event: requests that got a 200
	asked    int                       // requests in all
	probed   chan string               // the number under which a probe arrived
}

// A receipt is what a poster knows of an event that got a 202.
type receipt struct {
	typ        string
	number     int
	deliveries int
}

const probe = "probe"

// newSiege lays out the files; the world is to be started by the caller.
func newSiege(t *testing.T, level string) *siege {
	t.Helper()
	s := &siege{
		world: &world{t: t, dir: t.TempDir()}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}},
		accepted: make(map[string]receipt), answered: make(map[string]map[string]int), probed: make(chan string, 1),
	}
	s.receiver = httptest.NewTLSServer(http.HandlerFunc(s.receive))
	t.Cleanup(s.receiver.Close)
	t.Cleanup(s.client.CloseIdleConnections)
	s.good, s.force = s.hooks(0, true), "0"
	s.volume = newVolume(t, s.dir, map[string]string{
		"agent.hcl": strings.Replace(fmt.Sprintf(base, s.dir), "debug", level, 1),
		"ca.pem":    pemOf(s.receiver),
	}, s.good)
	s.conf = s.volume.path()
	return s
}

// hooks is a good configuration, like no other one. In some, a webhook is
// inactive and another one is missing, unless all is asked for.
func (s *siege) hooks(k int, all bool) string {
	var b strings.Builder
	add := func(name, events, more string) {
		fmt.Fprintf(&b, `
webhook %q {
  description = "%d"
  url         = "%s/%s?step=%d"
  events      = [%q]
  concurrency = %d
  %s
  retry { schedule = ["20ms", "50ms", "100ms", "200ms", "400ms", "1s", "1s", "1s", "1s", "1s"] }
}
`, name, k, s.receiver.URL, name, k, events, 1+k%8, more)
	}
	add("steady", "*", `payload = { id = expr("event.id"), n = expr("n") }`)
	add("orders", "order.*", `secret = ["whsec_c2llZ2Ugc2llZ2Ugc2llZ2Ugc2llZ2U="]`)
	add("even", "*", `filter = expr("n % 2 == 0")`)
	add("sleeper", "*", fmt.Sprintf("active = %t", all || k%3 == 0))
	if all || k%3 != 1 {
		add("guest", "*", "")
	}
	return b.String()
}

// owed says which webhooks an event is owed to by every good configuration.
func (r receipt) owed() []string {
	owed := []string{"steady", "sleeper"}
	if strings.HasPrefix(r.typ, "order.") {
		owed = append(owed, "orders")
	}
	if r.number%2 == 0 {
		owed = append(owed, "even")
	}
	return owed
}

// receive refuses one request in twenty, so that retries cross reloads too.
func (s *siege) receive(w http.ResponseWriter, q *http.Request) {
	if _, err := io.Copy(io.Discard, q.Body); err != nil {
		return
	}
	name, id := path.Base(q.URL.Path), q.Header.Get("Webhook-Id")
	isProbe := q.Header.Get("Webhook-Event") == probe
	s.mu.Lock()
	s.asked++
	refuse := s.asked%20 == 0 && !isProbe
	if !refuse {
		if s.answered[name] == nil {
			s.answered[name] = make(map[string]int)
		}
		s.answered[name][id]++
	}
	s.mu.Unlock()
	if refuse {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if isProbe && name == "steady" {
		select {
		case s.probed <- q.URL.Query().Get("step"):
		default: // it came twice, which is told at the end
		}
	}
}

// send posts one event, which must be accepted.
func (s *siege) send(id, typ string, n int) {
	body := fmt.Appendf(nil, `{"id": %q, "type": %q, "data": {"n": %d, "text": %q}}`, id, typ, n, strings.Repeat("x", 500))
	resp, err := s.client.Post("http://"+s.where.Events[0]+"/v1/events", "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Errorf("%s: %v", id, err)
		return
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	var deliveries int
	if resp.StatusCode != http.StatusAccepted {
		s.t.Errorf("%s: %s: %s", id, resp.Status, answer)
		return
	}
	if _, err := fmt.Sscanf(string(answer), `{"id":"`+id+`","deliveries":%d}`, &deliveries); err != nil {
		s.t.Errorf("%s: %s", id, answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted[id] = receipt{typ, n, deliveries}
}

// underLoad does what it is given while posters post.
func (s *siege) underLoad(posters int, do func()) {
	begun := s.steps
	stop := make(chan struct{})
	var posting sync.WaitGroup
	defer posting.Wait()
	defer close(stop)
	for p := range posters {
		posting.Go(func() {
			types := []string{"contact.subscribed", "order.paid", "campaign.finished"}
			tick := time.NewTicker(s.pace)
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-tick.C:
					s.send(fmt.Sprintf("e-%d-%d-%d", begun, p, n), types[n%len(types)], n)
				}
			}
		})
	}
	do()
}

// step is one reload: every second one is bad.
func (s *siege) step() {
	s.t.Helper()
	n := s.steps
	s.steps++
	k := n / 2
	way := ways[(k+k/len(ways))%len(ways)] // not the same ones each time with the same asking
	if n%2 == 0 {
		s.good, s.force = s.hooks(k+1, false), fmt.Sprint(k+1)
		way.save(s.volume, s.good)
		s.notice(k, http.StatusOK)
		s.inForce(n, "ok", way.name)
		return
	}
	bad := spoilt[k%len(spoilt)]
	way.save(s.volume, bad.spoil(s.good))
	s.notice(k, http.StatusUnprocessableEntity)
	s.inForce(n, "rejected", bad.name+", "+way.name)
}

// finish puts every webhook in force, so that all goes out that waited.
func (s *siege) finish() {
	s.t.Helper()
	k := s.steps/2 + 1
	s.good, s.force = s.hooks(k, true), fmt.Sprint(k)
	ways[0].save(s.volume, s.good)
	s.notice(1, http.StatusOK)
	s.inForce(s.steps, "ok", "the last one")
	s.until("everything to go out", func() bool { return s.status().Queue.Waiting() == 0 })
}

// notice asks for a reload: by a signal, by a call, or not at all, for what
// changes on disk is found anyway.
func (s *siege) notice(k, want int) {
	s.t.Helper()
	switch {
	case k%s.unasked == 0:
	case k%5 == 4:
		s.hangUp()
	default:
		if status, text := s.ask("POST", "/-/reload", "", nil); status != want {
			s.t.Errorf("reload %d: %d, want %d: %s", k, status, want, text)
		}
	}
}

// inForce checks what the status, the webhooks and a request say of a step.
func (s *siege) inForce(n int, result, how string) {
	s.t.Helper()
	s.until(fmt.Sprintf("step %d (%s) to be %s", n, how, result), func() bool {
		var steady console.Webhook
		s.ask("GET", "/api/v1/webhooks/steady", "", &steady)
		return s.status().Config.LastReload == result && steady.Description == s.force
	})
	s.probes++
	s.send(fmt.Sprintf("probe-%d", s.probes), probe, 1)
	select {
	case got := <-s.probed:
		if got != s.force {
			s.t.Errorf("step %d (%s): number %s goes out, want %s", n, how, got, s.force)
		}
	case <-time.After(patience):
		s.t.Fatalf("step %d (%s): the probe did not arrive\n%s", n, how, s.log.String())
	}
}

// nothingLost holds every receipt against what the line and the receiver know.
// No process died, so each delivery was answered well exactly once.
func (s *siege) nothingLost() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.deliveries()
	for id, r := range s.accepted {
		if len(known[id]) != r.deliveries {
			s.t.Errorf("%s: the line has deliveries to %q, the 202 said %d", id, known[id], r.deliveries)
		}
		for _, name := range append(r.owed(), known[id]...) {
			if n := s.answered[name][id]; n != 1 {
				s.t.Errorf("%s arrived %d times at %s", id, n, name)
			}
		}
	}
	s.t.Logf("%d reloads, %d events, %d requests", s.steps, len(s.accepted), s.asked)
}

// deliveries are all that the line has, by event.
func (s *siege) deliveries() map[string][]string {
	s.t.Helper()
	all := make(map[string][]string)
	s.eachDelivery(func(d *console.Delivery) {
		if d.State != event.Delivered {
			s.t.Errorf("%s to %s is %s", d.EventID, d.Webhook, d.State)
		}
		all[d.EventID] = append(all[d.EventID], d.Webhook)
	})
	return all
}
