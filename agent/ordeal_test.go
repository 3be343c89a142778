package agent_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// An ordeal posts events to an agent that dies again and again, and keeps what
// the client was told and what the receivers saw. Its rules, at every moment:
//
//   - what got a 202 is known to every life that follows, and posted again it is
//     a duplicate;
//   - within one life no delivery has two attempts at once, and none after one
//     that was answered well;
//   - a later life repeats an attempt that was answered well only if its record
//     was not on disk yet: not if an event was accepted since it was written;
//   - each request of a delivery says what was posted, under the event's id.
type ordeal struct {
	*world
	command  []string // of a life; none: the test binary
	receiver *httptest.Server
	client   *http.Client
	now      *life
	door     atomic.Pointer[door]
	kills    int

	mu       sync.Mutex
	clock    int // counts what is seen
	accepted map[string]int
	sent     map[string]*sent // by webhook and id
	behind   map[string]*sent // the last one of each row: of a lane with one place, or of an order
	sealed   map[int]int      // by life: when the last event was posted that it accepted
	requests int
	repeated int // posts of what was known
}

// A door is where one life takes events.
type door struct {
	address string
	life    int
}

// A sent is what the receiver saw of one delivery.
type sent struct {
	life     int  // of its last attempt
	under    bool // which is under way
	status   int  // of the answer to the last one
	left     int  // when the next one of its row came, before which its end was written
	answered int  // how often it was answered well
}

const ordealFiles = `
agent {
  data_dir      = "%s/data"
  drain_timeout = "2s"
}
listen "http" { address = "127.0.0.1:0" }
console { address = "127.0.0.1:0" }
egress {
  allow      = ["127.0.0.1"]
  allow_http = ["127.0.0.1"]
}
defaults {
  headers = { "X-Life" = env("POSTERN_LIFE") }
  retry {
    schedule = ["20ms", "50ms", "100ms", "200ms", "400ms", "1s", "1s", "1s", "1s", "1s"]
  }
}
webhook "single" {
  url         = "%[2]s/single"
  events      = ["*"]
  concurrency = 1
}
webhook "refusing" {
  url    = "%[2]s/refusing"
  events = ["*"]
  circuit { failures = 1000 }
}
webhook "ordered" {
  url      = "%[2]s/ordered"
  events   = ["*"]
  order_by = expr("key")
}
webhook "slow" {
  url     = "%[2]s/slow"
  events  = ["*"]
  payload = { data = { n = expr("n"), text = expr("text") } }
}
`

var ordealHooks = []string{"single", "refusing", "ordered", "slow"}

// newOrdeal lays out the files. The data directory will be in dir.
func newOrdeal(t testing.TB, dir string) *ordeal {
	t.Helper()
	o := &ordeal{
		world: &world{t: t, dir: dir, conf: t.TempDir()}, client: &http.Client{Timeout: patience},
		accepted: make(map[string]int), sent: make(map[string]*sent), behind: make(map[string]*sent), sealed: make(map[int]int),
	}
	o.receiver = httptest.NewServer(http.HandlerFunc(o.receive))
	t.Cleanup(o.receiver.Close)
	t.Cleanup(o.client.CloseIdleConnections)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	o.layOut()
	return o
}

func (o *ordeal) layOut() {
	o.t.Helper()
	text := fmt.Sprintf(ordealFiles, o.dir, o.receiver.URL)
	if err := os.WriteFile(filepath.Join(o.conf, "postern.hcl"), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// begin starts the next life, by a command line that runs that of a life. It may
// end before it is ready.
func (o *ordeal) begin(by ...string) *life {
	o.t.Helper()
	command := append(by, o.command...)
	o.now = startLife(o.t, o.world, command, []string{fmt.Sprintf("POSTERN_LIFE=life-%d", o.kills)})
	return o.now
}

// live waits until it takes events.
func (o *ordeal) live() {
	o.t.Helper()
	if !o.enter(o.now) {
		o.endedByItself()
	}
	o.door.Store(&door{o.now.Events[0], o.kills})
}

// lasts waits so long, in which the life must not end.
func (o *ordeal) lasts(while time.Duration) {
	o.t.Helper()
	select {
	case <-time.After(while):
	case <-o.now.Ended:
		o.endedByItself()
	}
}

func (o *ordeal) endedByItself() {
	o.t.Helper()
	o.t.Fatalf("life %d ended by itself\n%s", o.kills, o.log.String())
}

// die ends the life, and waits for that.
func (o *ordeal) die() {
	o.now.Kill()
	o.kills++
	http.DefaultClient.CloseIdleConnections()
}

// text is what the n-th event of a poster says.
func text(key string, n int) string { return strings.Repeat(fmt.Sprint(key, n, " "), 40) }

// load has posters post until the returned function is called, which waits for
// the last answers.
func (o *ordeal) load(posters int, pace time.Duration) (end func()) {
	stop := make(chan struct{})
	var posting sync.WaitGroup
	for p := range posters {
		key := fmt.Sprintf("key-%d-%d", o.kills, p)
		posting.Go(func() {
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-tick.C:
				}
				for !o.post(key, n) { // as clients do that want to be sure
					<-tick.C
				}
				if n%10 == 9 {
					o.post(key, n-5) // which has to be known
				}
			}
		})
	}
	return func() {
		close(stop)
		posting.Wait()
	}
}

// post posts an event, and tells whether there was an answer.
func (o *ordeal) post(key string, n int) bool {
	d := o.door.Load()
	if d == nil {
		return false
	}
	o.mu.Lock()
	o.clock++
	begun := o.clock
	o.mu.Unlock()
	id := fmt.Sprintf("%s-%d", key, n)
	body := fmt.Appendf(nil, `{"id": %q, "type": "t", "data": {"n": %d, "key": %q, "text": %q}}`, id, n, key, text(key, n))
	resp, err := o.client.Post("http://"+d.address+"/v1/events", "application/json", bytes.NewReader(body))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode == http.StatusServiceUnavailable {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch _, known := o.accepted[id]; {
	case resp.StatusCode == http.StatusAccepted && known:
		o.t.Errorf("%s got a second 202: the first one was forgotten", id)
	case resp.StatusCode == http.StatusAccepted:
		if o.door.Load() == d {
			o.sealed[d.life] = max(o.sealed[d.life], begun)
		}
		o.accepted[id] = len(ordealHooks)
	case resp.StatusCode == http.StatusOK: // posted before, whoever heard the answer
		o.repeated++
		o.accepted[id] = len(ordealHooks)
	default:
		o.t.Errorf("%s: %s: %s", id, resp.Status, answer)
	}
	return true
}

// receive sees an attempt.
func (o *ordeal) receive(w http.ResponseWriter, q *http.Request) {
	name, id, of := path.Base(q.URL.Path), q.Header.Get("Webhook-Id"), 0
	if _, err := fmt.Sscanf(q.Header.Get("X-Life"), "life-%d", &of); err != nil {
		o.t.Errorf("no life has %q", q.Header.Get("X-Life"))
	}
	var said struct {
		Data struct {
			N         int
			Key, Text string
		}
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the process died while it sent
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Data.Text != text(strings.TrimSuffix(id, fmt.Sprint("-", said.Data.N)), said.Data.N) {
		o.t.Errorf("%s to %s said %.200s, error %v", id, name, body, err)
	}
	status := o.arrives(name, id, of, said.Data.Key)
	if name == "slow" {
		pause(q, time.Duration(said.Data.N%4)*10*time.Millisecond)
	}
	o.answers(name, id, of, status)
	w.WriteHeader(status)
}

// arrives notes that an attempt begins, and how it is to be answered.
func (o *ordeal) arrives(name, id string, of int, key string) (status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clock++
	o.requests++
	d := o.sent[name+" "+id]
	if d == nil {
		d = new(sent)
		o.sent[name+" "+id] = d
	}
	if of < d.life { // what a life had sent before it died comes late
		return http.StatusOK
	}
	if name == "single" || name == "ordered" {
		o.follows(name+" "+key, d, of)
	}
	switch {
	case d.life == of && d.under:
		o.t.Errorf("%s to %s has two attempts at once", id, name)
	case d.life == of && d.status == http.StatusOK:
		o.t.Errorf("%s to %s has another attempt, in the life in which it was answered well", id, name)
	case d.status == http.StatusOK && d.left != 0 && d.left < o.sealed[d.life]:
		o.t.Errorf("%s to %s is sent again, though an event was accepted after its end was recorded", id, name)
	}
	d.life, d.under, d.left = of, true, 0
	if name == "refusing" && o.requests%3 == 0 {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// follows notes that d comes after the last one of its row, whose end the agent has
// written by now: it has one place for both.
func (o *ordeal) follows(row string, d *sent, of int) {
	if strings.HasPrefix(row, "single ") {
		row = "single"
	}
	before := o.behind[row]
	if before != nil && before != d && before.life == of && before.left == 0 {
		before.left = o.clock
	}
	o.behind[row] = d
}

// answers notes the end of an attempt, as the receiver sees it, before the agent can.
func (o *ordeal) answers(name, id string, of, status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.sent[name+" "+id]
	if d.life == of {
		d.under, d.status = false, status
	}
	if status == http.StatusOK {
		d.answered++
	}
}
