package outbound

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A gate is a receiver that fails until it is well, keeps its connections open,
// and holds one of the requests.
type gate struct {
	*httptest.Server
	hold int32         // which one, from 1
	came chan struct{} // when it is there
	open chan struct{} // closed when it may go on
	asks atomic.Int32  // requests
	well atomic.Bool
}

func newGate(t *testing.T, hold int32) *gate {
	g := &gate{hold: hold, came: make(chan struct{}), open: make(chan struct{})}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if g.asks.Add(1) == hold {
			close(g.came)
			<-g.open
		}
		if !g.well.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(g.Close)
	return g
}

// A policy that is tightened holds for whatever comes after it: the retry of what
// was under way, the probe of an open circuit, a replay; directly, through a proxy
// and where a token is fetched first. One that is loosened heals all of it.
func TestATightenedPolicyHoldsForEveryTry(t *testing.T) {
	for _, way := range []string{"directly", "through a proxy", "with a token"} {
		for _, broken := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, circuit open %v", way, broken), func(t *testing.T) {
				t.Parallel()
				checkTightened(t, way, broken)
			})
		}
	}
}

func checkTightened(t *testing.T, way string, broken bool) {
	t.Helper()
	g := newGate(t, 3)
	h := hook(t, "w", g.URL)
	h.Concurrency, h.Retry.Schedule = 1, slices.Repeat([]time.Duration{time.Millisecond}, 30)
	if broken {
		h.Circuit = Circuit{Failures: 2, ProbeAfter: time.Millisecond, MaxWait: time.Millisecond}
	}
	loose, tight := plan(h), plan(h)
	tight.Egress.Allow = rules("127.0.0.1:1")
	switch way {
	case "through a proxy":
		loose.Egress.Proxy = &newProxy(t, nil).Proxy
		tight.Egress.Proxy = loose.Egress.Proxy
	case "with a token":
		withOAuth(t, h, serve(t, &issuer{members: `, "token_type": "bearer", "expires_in": 3600`}))
	}
	o := newOutdoors(t, loose)
	ids := o.post(t, "w", 2)
	<-g.came // an attempt is under way: a probe, where there is a circuit
	if s := o.lanes.Standing("w").State; broken != (s == CircuitOpen) {
		t.Fatalf("stands as %s", s)
	}
	o.swap(t, tight)
	close(g.open)
	o.until(t, event.Failed, ids...)
	for _, id := range ids {
		d := o.delivery(t, id)
		from := slices.IndexFunc(d.Attempts, func(a event.Attempt) bool { return a.Class == event.BlockedAddress })
		for _, a := range d.Attempts[max(from, 0):] {
			if a.Class != event.BlockedAddress || a.Status != 0 {
				t.Errorf("attempt %d: %s, %q", a.Number, a.Class, a.Error)
			}
		}
	}
	for _, id := range ids {
		o.replay(t, id)
	}
	o.until(t, event.Failed, ids...)
	if n := g.asks.Load(); n != g.hold {
		t.Errorf("%d requests came in behind the policy", n-g.hold)
	}
	if s := o.lanes.Standing("w").State; broken != (s == CircuitOpen) {
		t.Errorf("stands as %s", s)
	}
	g.well.Store(true)
	o.swap(t, loose)
	for _, id := range ids {
		o.replay(t, id)
	}
	o.until(t, event.Delivered, ids...)
}

// An outdoors is a messenger with real sockets and the real clock, and a line in
// memory.
type outdoors struct {
	lanes *Lanes
	line  queue.Line
	ended chan Report
	sent  int
}

func newOutdoors(t *testing.T, p *Plan) *outdoors {
	t.Helper()
	o := &outdoors{line: newWorldLine(), ended: make(chan Report, 10_000)}
	o.lanes = New(Options{Line: o.line, Jitter: func() float64 { return 0 }, Ended: func(r Report) { o.ended <- r }})
	o.swap(t, p)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.lanes.Run(ctx, func() time.Duration { return 0 }) }()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return o
}

func (o *outdoors) swap(t *testing.T, p *Plan) {
	t.Helper()
	d, err := o.lanes.Draft(p)
	if err != nil {
		t.Fatal(err)
	}
	o.lanes.Swap(d)
}

// post accepts events for one webhook, all at once.
func (o *outdoors) post(t *testing.T, webhook string, n int) (deliveries []string) {
	t.Helper()
	entries := make([]queue.Entry, n)
	for i := range entries {
		o.sent++
		e := *someEvent()
		e.ID, e.Accepted = fmt.Sprint("evt_", o.sent), time.Now()
		entries[i] = queue.Entry{Event: e, Owed: []queue.Owed{{Lane: webhook, State: event.Pending}}}
	}
	if _, err := o.line.Accept(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		_, owed, err := o.line.Event(t.Context(), e.Event.ID)
		if err != nil {
			t.Fatal(err)
		}
		deliveries = append(deliveries, owed[0].ID)
	}
	o.lanes.Wake(webhook)
	return deliveries
}

func (o *outdoors) replay(t *testing.T, delivery string) {
	t.Helper()
	d, err := o.line.Replay(t.Context(), delivery)
	if err != nil {
		t.Fatal(err)
	}
	o.lanes.Wake(d.Webhook)
}

func (o *outdoors) delivery(t *testing.T, id string) event.Delivery {
	t.Helper()
	d, err := o.line.Delivery(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// until waits for deliveries to come to an end, and that to be the one wanted.
func (o *outdoors) until(t *testing.T, want event.State, deliveries ...string) {
	t.Helper()
	for waiting := slices.Clone(deliveries); len(waiting) > 0; {
		r := <-o.ended
		at := slices.Index(waiting, r.Delivery)
		if at < 0 || r.State == event.Pending {
			continue
		}
		if r.State != want {
			t.Fatalf("%s is %s (%s), %q", r.Delivery, r.State, r.Class, r.Error)
		}
		waiting = slices.Delete(waiting, at, at+1)
	}
}
