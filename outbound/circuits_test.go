package outbound

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posternhq/postern/event"
)

// wired is a webhook with a circuit that opens at the third failure.
func wired(t testing.TB, name, url string) *Webhook {
	h := hook(t, name, url)
	h.Concurrency = 1
	h.Circuit = Circuit{Failures: 3, ProbeAfter: 5 * time.Second, MaxWait: 20 * time.Second}
	h.Retry.Schedule = []time.Duration{time.Hour}
	return h
}

// An ill receiver fails while the flag is up.
func ill() (*atomic.Bool, http.HandlerFunc) {
	var f atomic.Bool
	f.Store(true)
	return &f, func(rw http.ResponseWriter, _ *http.Request) {
		if f.Load() {
			rw.WriteHeader(http.StatusBadGateway)
		}
	}
}

func seconds(s ...float64) (times []time.Duration) {
	for _, s := range s {
		times = append(times, time.Duration(s*float64(time.Second)))
	}
	return times
}

func TestAnOpenCircuitLetsOnlyProbesThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sick, answer := ill()
		w := newWorld(t, answer).run(plan(wired(t, "crm", "http://crm/")))
		var ids []string
		for range 40 {
			ids = append(ids, w.post("crm")...)
		}
		w.wait(4 * time.Second)
		want := Standing{State: CircuitOpen, Since: w.begin.UTC(), Reason: "the receiver answered 502 Bad Gateway", Probe: w.begin.Add(5 * time.Second).UTC()}
		if diff := cmp.Diff(want, w.lanes.Standing("crm")); diff != "" {
			t.Error(diff)
		}
		w.wait(57 * time.Second)
		if diff := cmp.Diff(seconds(0, 0, 0, 5, 15, 35, 55), w.receiver.at("")); diff != "" {
			t.Error(diff)
		}
		seen := map[string]bool{}
		for _, g := range w.receiver.requests() {
			seen[g.Header.Get("Webhook-Id")] = true
		}
		if len(seen) != 7 {
			t.Errorf("%d deliveries were tried by 7 probes: each has its turn", len(seen))
		}
		for _, id := range ids[7:] {
			if d := w.delivery(id); d.State != event.Pending || d.Charged != 0 || len(d.Attempts) != 0 {
				t.Errorf("%s waits with %d attempts used up", d.ID, d.Charged)
			}
		}
		for _, id := range ids[:7] {
			w.want(id, event.Pending, event.Status, 1)
		}

		sick.Store(false)
		w.wait(20 * time.Second)
		if got := w.lanes.Standing("crm"); got != (Standing{State: Active}) {
			t.Errorf("stands as %+v", got)
		}
		for _, id := range ids[7:] {
			w.want(id, event.Delivered, event.OK, 1)
		}
		w.wait(time.Hour)
		for _, id := range ids[:7] {
			w.want(id, event.Delivered, event.OK, 2)
		}
	})
}

// A receiver that comes back meets its backlog step by step.
func TestAClosingCircuitDoesNotFloodItsReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sick, answer := ill()
		h := wired(t, "crm", "http://crm/")
		h.Concurrency = 32
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			slow(50*time.Millisecond)(rw, r)
			answer(rw, r)
		})
		w.run(plan(h))
		w.pile(2000, "crm")
		w.wait(4 * time.Second)
		sick.Store(false)
		closed := 5*time.Second + 50*time.Millisecond // the probe and its answer
		before := len(w.receiver.at(""))
		w.wait(time.Minute)
		perSecond := map[int]int{}
		for _, at := range w.receiver.at("")[before+1:] {
			perSecond[int((at-closed)/time.Second)]++
		}
		for second, most := range []int{11, 21, 41, 81, 161, 321} {
			if n := perSecond[second]; n > most || n < most/3 {
				t.Errorf("in second %d %d requests began; at most %d", second, n, most)
			}
		}
		if n := len(w.receiver.at("")); n < 2000 {
			t.Errorf("%d requests after a minute", n)
		}
		if peak := w.receiver.peak(""); peak > 32 {
			t.Errorf("%d at once", peak)
		}
	})
}

func TestOneDeliveryAloneNeverOpensTheCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := wired(t, "crm", "http://crm/")
		h.Retry.Schedule = make([]time.Duration, 20)
		for i := range h.Retry.Schedule {
			h.Retry.Schedule[i] = time.Second
		}
		w := newWorld(t, status(500)).run(plan(h))
		id := w.post("crm")[0]
		w.wait(time.Minute)
		w.want(id, event.Failed, event.Status, 21)
		if got := w.lanes.Standing("crm").State; got != Active {
			t.Errorf("stands as %s", got)
		}
	})
}

func TestAgeGoesOnInAnOpenCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := wired(t, "crm", "http://crm/")
		h.Retry.Schedule = []time.Duration{10 * time.Hour}
		p := plan(h)
		p.MaxAge = 2 * time.Hour
		w := newWorld(t, status(500)).run(p)
		for range 3 {
			w.post("crm")
		}
		w.wait(time.Minute)
		young := w.post("crm")[0]
		w.wait(2*time.Hour - time.Second)
		w.want(young, event.Pending, event.Status, 1)
		w.wait(time.Minute)
		w.want(young, event.Failed, event.Expired, 1)
	})
}

func TestAProbeWithARetryAfterWaitsForBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "60")
			rw.WriteHeader(http.StatusServiceUnavailable)
		})
		h := wired(t, "crm", "http://crm/")
		w.run(plan(h))
		for range 10 {
			w.post("crm")
		}
		w.wait(200 * time.Second)
		if diff := cmp.Diff(seconds(0, 60, 120, 180), w.receiver.at("")); diff != "" {
			t.Error(diff)
		}
		if got, want := w.lanes.Standing("crm").Probe, w.begin.Add(240*time.Second).UTC(); !got.Equal(want) {
			t.Errorf("the next probe is said to come at %s, not %s", got, want)
		}
	})
}

// open makes the circuit of crm open, and leaves ten deliveries waiting.
func open(w *world) (waiting []string) {
	w.t.Helper()
	for range 13 {
		waiting = append(waiting, w.post("crm")...)
	}
	w.wait(time.Second)
	if s := w.lanes.Standing("crm"); s.State != CircuitOpen {
		w.t.Fatalf("stands as %s", s.State)
	}
	return waiting[3:]
}

func TestAReloadAndAnOpenCircuit(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Plan, *Webhook)
		want   LaneState       // a moment after it
		probes []time.Duration // requests beside the three that opened it, in the first 16 s
	}{
		{"nothing of the way", func(_ *Plan, h *Webhook) { h.Description, h.Retry.Schedule = "new", nil }, CircuitOpen, seconds(5, 15)},
		{"the timeout", func(_ *Plan, h *Webhook) { h.Timeout = time.Minute }, CircuitOpen, seconds(1, 11)},
		{"the policy", func(p *Plan, _ *Webhook) { p.Egress.Allow = nil }, CircuitOpen, seconds(1, 11)},
		{"a shorter wait", func(_ *Plan, h *Webhook) { h.Circuit.MaxWait = time.Second }, CircuitOpen, seconds(2, 3, 4, 5, 6, 7, 8, 9, 10, 11)},
		{"another receiver", func(_ *Plan, h *Webhook) { h.Fingerprint = "another" }, Active, seconds(1, 1.1, 1.2, 6.2)},
		{"no circuit", func(_ *Plan, h *Webhook) { h.Circuit = Circuit{} }, Active, seconds(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)},
		{"inactive", func(_ *Plan, h *Webhook) { h.Active = false }, Inactive, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := wired(t, "crm", "http://crm/")
				w := newWorld(t, status(500)).run(plan(h))
				open(w)
				changed := *h
				p := plan(&changed)
				tt.change(p, &changed)
				w.swap(p)
				if got := w.lanes.Standing("crm").State; got != tt.want {
					t.Errorf("stands as %s, want %s", got, tt.want)
				}
				w.wait(15*time.Second + 100*time.Millisecond)
				if diff := cmp.Diff(tt.probes, w.receiver.at("")[3:], cmpopts.EquateEmpty()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestReplayWaitsAndResumeProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := wired(t, "crm", "http://crm/")
		h.Retry.Schedule = nil
		w := newWorld(t, status(500)).run(plan(h))
		open(w)
		failed := w.want(w.reports[0].Delivery, event.Failed, event.Status, 1)
		if _, err := w.line.Replay(t.Context(), failed.ID); err != nil {
			t.Fatal(err)
		}
		w.lanes.Wake("crm")
		w.wait(time.Second)
		w.want(failed.ID, event.Pending, event.Status, 1)
		if err := w.lanes.Resume(t.Context(), "crm"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff(seconds(0, 0, 0, 2), w.receiver.at("")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestGoneEndsAnOpenCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			if n.Add(1) <= 3 {
				rw.WriteHeader(500)
				return
			}
			rw.WriteHeader(http.StatusGone)
		}).run(plan(wired(t, "crm", "http://crm/")))
		open(w)
		w.wait(time.Minute)
		if s := w.lanes.Standing("crm"); s.State != Suspended {
			t.Errorf("stands as %s", s.State)
		}
		if len(w.receiver.requests()) != 4 {
			t.Errorf("%d requests", len(w.receiver.requests()))
		}
	})
}

// again ends the messenger and begins another one with the same line.
func (w *world) again(p *Plan) {
	w.t.Helper()
	w.stop()
	<-w.done
	w.lanes = New(Options{Line: w.line, Jitter: func() float64 { return 0 }, Ended: w.report})
	w.lanes.dial = w.receiver.dial
	w.run(p)
}

func TestAnOpenCircuitSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sick, answer := ill()
		h := wired(t, "crm", "http://crm/")
		w := newWorld(t, answer).run(plan(h))
		open(w)
		since := w.lanes.Standing("crm").Since
		w.again(plan(h))
		w.wait(time.Second)
		want := Standing{State: CircuitOpen, Since: since, Reason: "the receiver answered 502 Bad Gateway", Probe: w.begin.Add(6 * time.Second).UTC()}
		if diff := cmp.Diff(want, w.lanes.Standing("crm")); diff != "" {
			t.Error(diff)
		}
		sick.Store(false)
		w.wait(time.Minute)
		if lanes, _ := w.line.Lanes(t.Context()); lanes[0].Note != nil {
			t.Errorf("a closed circuit is remembered: %s", lanes[0].Note)
		}
		w.again(plan(h))
		if s := w.lanes.Standing("crm"); s.State != Active {
			t.Errorf("stands as %s", s.State)
		}
	})
}

func TestARememberedCircuitIsThatOfOneReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := wired(t, "crm", "http://crm/")
		fails := func(rw http.ResponseWriter, _ *http.Request) { // not before somebody has looked
			time.Sleep(100 * time.Millisecond)
			rw.WriteHeader(http.StatusInternalServerError)
		}
		w := newWorld(t, fails).run(plan(h))
		waiting := open(w)
		moved := *h
		moved.Fingerprint = "another"
		w.again(plan()) // it is gone for a while
		if s := w.lanes.Standing("crm"); s.State != Orphaned {
			t.Errorf("stands as %s", s.State)
		}
		w.again(plan(&moved))
		if s := w.lanes.Standing("crm"); s.State != Active {
			t.Errorf("stands as %s", s.State)
		}
		w.wait(time.Second)
		w.want(waiting[0], event.Pending, event.Status, 1)
	})
}

// Whether the circuit is known or not: ten thousand that are due at once come
// out at the lane's pace.
func TestARestartIsNoStampede(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		h.RateLimit = 200
		w := newWorld(t, slow(20*time.Millisecond))
		w.swap(plan(h))
		w.pile(10_000, "crm")
		w.lanes = New(Options{Line: w.line}) // which knows of nothing
		w.lanes.dial = w.receiver.dial
		w.run(plan(h))
		w.wait(10 * time.Second)
		if n, peak := len(w.receiver.requests()), w.receiver.peak("crm"); n > 2010 || n < 1900 || peak > h.Concurrency {
			t.Errorf("%d requests in ten seconds, %d at once", n, peak)
		}
	})
}

func TestManyDeadReceiversAreProbedNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hooks []*Webhook
		var names []string
		for i := range 50 {
			name := fmt.Sprintf("h%d", i)
			names = append(names, name)
			h := wired(t, name, "http://"+name+"/")
			h.Concurrency = 8
			hooks = append(hooks, h)
		}
		w := newWorld(t, status(500)).run(plan(hooks...))
		for range 100 {
			w.post(names...)
		}
		w.wait(10 * time.Minute)
		// 3 to open it, 7 that were under way, and a probe every 20 s.
		for _, name := range names {
			if n := len(w.receiver.at(name)); n > 10+2+30 {
				t.Errorf("%s had %d requests", name, n)
			}
		}
	})
}
