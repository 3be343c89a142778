package outbound

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func TestRetriesFollowTheSchedule(t *testing.T) {
	for _, tt := range []struct {
		name   string
		jitter float64
		want   []time.Duration
	}{
		{"no jitter", 0, []time.Duration{0, 5 * time.Second, 65 * time.Second, 365 * time.Second}},
		{"half of the jitter", 0.5, []time.Duration{0, 5250 * time.Millisecond, 68250 * time.Millisecond, 383250 * time.Millisecond}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, status(500), func(o *Options) { o.Jitter = func() float64 { return tt.jitter } })
				w.run(plan(hook(t, "crm", "http://crm/")))
				id := w.post("crm")[0]
				w.wait(time.Hour)
				if diff := cmp.Diff(tt.want, w.receiver.at("")); diff != "" {
					t.Error(diff)
				}
				w.want(id, event.Failed, event.Status, 4)
				for _, g := range w.receiver.requests() {
					if g.Header.Get("Webhook-Id") != "evt_1" || g.Body != w.receiver.requests()[0].Body {
						t.Errorf("a retry differs: %+v", g)
					}
				}
			})
		})
	}
}

func TestARetrySucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			if n.Add(1) < 3 {
				rw.WriteHeader(503)
			}
		}).run(plan(hook(t, "crm", "http://crm/")))
		id := w.post("crm")[0]
		w.wait(time.Hour)
		w.want(id, event.Delivered, event.OK, 3)
	})
}

func TestPermanentStatusesAreNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		h.Retry.Permanent = []int{422}
		w := newWorld(t, status(422)).run(plan(h))
		id := w.post("crm")[0]
		w.wait(time.Hour)
		w.want(id, event.Failed, event.Status, 1)
	})
}

func TestConcurrencyIsALanesOwnAndChangesLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := hook(t, "a", "http://a/"), hook(t, "b", "http://b/")
		a.Concurrency, b.Concurrency = 3, 1
		w := newWorld(t, slow(time.Second)).run(plan(a, b))
		for range 12 {
			w.post("a", "b")
		}
		w.wait(2500 * time.Millisecond)
		if w.receiver.peak("a") != 3 || w.receiver.peak("b") != 1 {
			t.Errorf("at once: a %d, b %d", w.receiver.peak("a"), w.receiver.peak("b"))
		}
		if got := len(w.receiver.at("a")); got != 9 {
			t.Errorf("a has %d requests, want 9", got)
		}
		wider := *b
		wider.Concurrency = 5
		w.swap(plan(a, &wider))
		synctest.Wait()
		if w.receiver.peak("b") != 5 {
			t.Errorf("b had %d at once after the change", w.receiver.peak("b"))
		}
		w.wait(time.Minute)
		if len(w.receiver.requests()) != 24 {
			t.Errorf("%d requests in all", len(w.receiver.requests()))
		}
	})
}

func TestPlacesBoundTheWholeAndChangeLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := []*Webhook{hook(t, "a", "http://a/"), hook(t, "b", "http://b/"), hook(t, "c", "http://c/")}
		p := plan(hooks...)
		p.Egress.MaxInFlight = 4
		w := newWorld(t, slow(990*time.Millisecond)).run(p)
		for range 20 {
			w.post("a", "b", "c")
		}
		w.wait(5500 * time.Millisecond)
		if got := w.receiver.peak("*"); got != 4 {
			t.Errorf("%d at once", got)
		}
		for _, h := range hooks {
			if n := len(w.receiver.at(h.Name)); n < 4 { // eight are fair; which of them is first in a second is chance
				t.Errorf("%s had %d of %d requests", h.Name, n, len(w.receiver.requests()))
			}
		}
		q := plan(hooks...)
		q.Egress.MaxInFlight = 10
		w.swap(q)
		synctest.Wait()
		if got := w.receiver.peak("*"); got != 10 {
			t.Errorf("%d at once after the change", got)
		}
		w.wait(time.Minute)
		if len(w.receiver.requests()) != 60 {
			t.Errorf("%d requests in all", len(w.receiver.requests()))
		}
	})
}

func TestHangingReceiversDelayNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad, worse, good := hook(t, "bad", "http://bad/"), hook(t, "worse", "http://worse/"), hook(t, "good", "http://good/")
		bad.Concurrency, bad.Timeout = 100, 15*time.Second
		worse.Concurrency, worse.Timeout = 100, 10*time.Second
		p := plan(bad, worse, good)
		p.Egress.MaxInFlight = 8
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.Host != "good" {
				<-r.Context().Done()
			}
		}).run(p)
		for range 50 {
			w.post("bad", "worse")
		}
		synctest.Wait()
		for range 400 {
			begin := time.Since(w.begin)
			w.post("good")
			synctest.Wait()
			if times := w.receiver.at("good"); len(times) == 0 || times[len(times)-1] != begin {
				t.Fatalf("good had to wait: posted at %s, requests at %v", begin, times)
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
}

func TestRateLimitSpacesAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		h.RateLimit = 2
		w := newWorld(t, status(200)).run(plan(h))
		for range 5 {
			w.post("crm")
		}
		w.wait(10 * time.Second)
		for i, at := range w.receiver.at("") {
			if want := time.Duration(i) * 500 * time.Millisecond; at < want || at > want+5*time.Millisecond {
				t.Errorf("request %d came at %s", i, at)
			}
		}
		fast := *h
		fast.RateLimit = rate.Inf
		w.swap(plan(&fast))
		for range 5 {
			w.post("crm")
		}
		synctest.Wait()
		if got := len(w.receiver.requests()); got != 10 {
			t.Errorf("%d requests after the limit was lifted", got)
		}
	})
}

func TestRetryAfterHoldsTheWholeWebhook(t *testing.T) {
	for _, tt := range []struct {
		status int
		after  string
		want   []time.Duration
	}{
		{429, "120", []time.Duration{0, 120 * time.Second, 120 * time.Second}},
		{503, "120", []time.Duration{0, 120 * time.Second, 120 * time.Second}},
		{503, "7200", []time.Duration{0, time.Hour, time.Hour}},
		{503, "1", []time.Duration{0, time.Second, 5 * time.Second}},
		{429, "Sat, 01 Jan 2000 00:02:00 GMT", []time.Duration{0, 120 * time.Second, 120 * time.Second}},
		{503, "Sat, 01 Jan 2000 12:00:00 GMT", []time.Duration{0, time.Hour, time.Hour}},
		{503, "Fri, 31 Dec 1999 12:00:00 GMT", []time.Duration{0, 0, 5 * time.Second}},
		{503, "soon", []time.Duration{0, 0, 5 * time.Second}},
		{500, "120", []time.Duration{0, 0, 5 * time.Second}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var n atomic.Int32
			h := hook(t, "crm", "http://crm/")
			h.Concurrency = 1
			w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
				if n.Add(1) == 1 {
					rw.Header().Set("Retry-After", tt.after)
					rw.WriteHeader(tt.status)
				}
			}).run(plan(h))
			w.post("crm")
			synctest.Wait()
			w.post("crm")
			w.wait(3 * time.Hour)
			if diff := cmp.Diff(tt.want, w.receiver.at("")); diff != "" {
				t.Errorf("%d with Retry-After %s: %s", tt.status, tt.after, diff)
			}
		})
	}
}

func TestRetryAfterHoldsALaneThatWaitsForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan(hook(t, "crm", "http://crm/"), hook(t, "slow", "http://slow/"))
		p.Egress.MaxInFlight = 4
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.Host == "slow" {
				time.Sleep(4 * time.Second)
				return
			}
			time.Sleep(time.Second)
			rw.Header().Set("Retry-After", "120")
			rw.WriteHeader(429)
		}).run(p)
		w.post("crm")
		synctest.Wait()
		for range 3 {
			w.post("slow")
		}
		synctest.Wait()
		w.post("crm") // for which no place is free
		w.wait(time.Minute)
		if diff := cmp.Diff([]time.Duration{0}, w.receiver.at("crm")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan(hook(t, "crm", "http://crm/"))
		p.MaxAge = 90 * time.Second
		w := newWorld(t, status(500)).run(p)
		id := w.post("crm")[0]
		w.wait(89 * time.Second)
		w.want(id, event.Pending, event.Status, 3)
		w.wait(time.Second + time.Millisecond)
		d := w.want(id, event.Failed, event.Expired, 3)
		if diff := cmp.Diff([]time.Duration{0, 5 * time.Second, 65 * time.Second}, w.receiver.at("")); diff != "" {
			t.Error(diff)
		}
		if last := w.reports[len(w.reports)-1]; last.Number != 0 || last.State != event.Failed || last.Delivery != d.ID {
			t.Errorf("reported %+v", last)
		}
	})
}

func TestNothingExpiresBeforeItsFirstAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan(hook(t, "crm", "http://crm/"))
		w := newWorld(t, status(200))
		w.swap(p)
		id := w.post("crm")[0]
		time.Sleep(100 * time.Hour) // the agent was down
		w.run(nil)
		synctest.Wait()
		w.want(id, event.Delivered, event.OK, 1)
	})
}

func TestDrainLetsAttemptsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		h.Concurrency = 1
		w := newWorld(t, slow(3*time.Second)).run(plan(h))
		first, second := w.post("crm")[0], w.post("crm")[0]
		w.wait(time.Second)
		w.stop()
		<-w.done
		if got := time.Since(w.begin); got != 3*time.Second {
			t.Errorf("Run returned after %s", got)
		}
		w.want(first, event.Delivered, event.OK, 1)
		w.want(second, event.Pending, "", 0)
	})
}

func TestDrainBreaksOffWhatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		h.Timeout = time.Minute
		w := newWorld(t, slow(30*time.Second)).run(plan(h))
		id := w.post("crm")[0]
		w.wait(time.Second)
		w.stop()
		<-w.done
		if got := time.Since(w.begin); got != 11*time.Second {
			t.Errorf("Run returned after %s", got)
		}
		d := w.want(id, event.Pending, "", 0)
		if d.Charged != 0 || d.Said != nil {
			t.Errorf("charged %d", d.Charged)
		}
		leases, _, err := w.line.Take("crm", 1)
		if err != nil || len(leases) != 1 {
			t.Errorf("it is not due again: %v, %v", leases, err)
		}
	})
}

func TestRunWakesWhatWaitedAtTheStart(t *testing.T) {
	for _, swapFirst := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, status(200))
			id := w.post("crm")[0]
			w.lanes = New(Options{Line: w.line}) // which was told nothing
			w.lanes.dial = w.receiver.dial
			p := plan(hook(t, "crm", "http://crm/"))
			if swapFirst {
				w.run(p)
			} else {
				w.run(nil)
				synctest.Wait()
				w.swap(p)
			}
			synctest.Wait()
			w.want(id, event.Delivered, event.OK, 1)
		})
	}
}

func TestInactiveAndOrphanedLanesStandStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		on := hook(t, "crm", "http://crm/")
		off := *on
		off.Active = false
		fails := atomic.Bool{}
		fails.Store(true)
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			if fails.Load() {
				rw.WriteHeader(500)
			}
		}).run(plan(on))
		id := w.post("crm")[0]
		w.wait(2 * time.Second) // 3 s before the retry
		for _, tt := range []struct {
			plan *Plan
			want LaneState
		}{{plan(&off), Inactive}, {plan(), Orphaned}} {
			w.swap(tt.plan)
			if got := w.lanes.Standing("crm").State; got != tt.want {
				t.Errorf("stands as %s, want %s", got, tt.want)
			}
			w.wait(1000 * time.Hour)
		}
		w.want(id, event.Pending, event.Status, 1)
		later := w.post("crm")[0]
		fails.Store(false)
		w.swap(plan(on))
		w.wait(3*time.Second - time.Millisecond)
		w.want(later, event.Delivered, event.OK, 1)
		w.want(id, event.Pending, event.Status, 1)
		w.wait(time.Millisecond)
		w.want(id, event.Delivered, event.OK, 2)
	})
}

func TestGoneSuspendsTheWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := atomic.Int32{}
		answer.Store(410)
		h := hook(t, "crm", "http://crm/")
		h.Concurrency = 1
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(int(answer.Load())) }).run(plan(h))
		first, second := w.post("crm")[0], w.post("crm")[0]
		w.wait(time.Hour)
		w.want(first, event.Failed, event.Gone, 1)
		w.want(second, event.Pending, "", 0)
		standing := w.lanes.Standing("crm")
		if diff := cmp.Diff(Standing{State: Suspended, Since: w.begin.UTC(), Reason: "the receiver answered 410 Gone"}, standing); diff != "" {
			t.Error(diff)
		}

		// A restart remembers.
		w.stop()
		<-w.done
		w.lanes = New(Options{Line: w.line})
		w.lanes.dial = w.receiver.dial
		w.run(plan(h))
		w.wait(time.Hour)
		w.want(second, event.Pending, "", 0)
		if diff := cmp.Diff(standing, w.lanes.Standing("crm")); diff != "" {
			t.Error(diff)
		}

		// Another description changes nothing, another URL does.
		same := *h
		same.Description = "new"
		w.swap(plan(&same))
		if w.lanes.Standing("crm").State != Suspended {
			t.Error("lifted without reason")
		}
		other := *h
		other.Fingerprint = "another url"
		answer.Store(200)
		w.swap(plan(&other))
		synctest.Wait()
		w.want(second, event.Delivered, event.OK, 1)
		if lanes, _ := w.line.Lanes(t.Context()); lanes[0].Note != nil || lanes[0].Stopped {
			t.Errorf("left behind: %+v", lanes[0])
		}

		// And so does resume.
		answer.Store(410)
		w.post("crm")
		synctest.Wait()
		waits := w.post("crm")[0]
		answer.Store(200)
		if err := w.lanes.Resume(t.Context(), "crm"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.want(waits, event.Delivered, event.OK, 1)
		if err := w.lanes.Resume(t.Context(), "crm"); err != nil {
			t.Error(err)
		}
		if err := w.lanes.Resume(t.Context(), "nobody"); err != nil {
			t.Error(err)
		}
	})
}

func TestGoneOfAnOlderPlanDoesNotSuspend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Second)
			rw.WriteHeader(410)
		}).run(plan(h))
		id := w.post("crm")[0]
		synctest.Wait()
		other := *h
		other.Fingerprint = "another url"
		w.swap(plan(&other))
		w.wait(time.Minute)
		w.want(id, event.Failed, event.Gone, 1)
		if got := w.lanes.Standing("crm").State; got != Active {
			t.Errorf("stands as %s", got)
		}
	})
}

func TestAnIdleLaneHasNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, status(200)).run(plan(hook(t, "crm", "http://crm/")))
		for range 3 {
			w.post("crm")
			synctest.Wait()
			w.lanes.mu.Lock()
			if n := w.lanes.lanes["crm"]; n.serving || n.share.held != 0 || w.lanes.places.used != 0 {
				t.Errorf("serving %v, holds %d of %d places", n.serving, n.share.held, w.lanes.places.used)
			}
			w.lanes.mu.Unlock()
		}
	})
}

func TestAReplayedFilterIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			filter string
			state  event.State
			class  event.Class
			more   int // attempts
		}{
			{"contact.id == 42", event.Delivered, event.OK, 1},
			{"contact.id == 43", event.Skipped, event.Filter, 0},
			{"contact.id", event.Failed, event.Filter, 1},
			{"", event.Delivered, event.OK, 1},
		} {
			h := hook(t, "crm", "http://crm/")
			if tt.filter != "" {
				h.Filter = mustBool(t, tt.filter)
			}
			w := newWorld(t, status(200)).run(plan(h))
			e := *someEvent()
			e.Accepted = time.Now()
			if _, err := w.line.Accept(t.Context(), []queue.Entry{{Event: e, Owed: []queue.Owed{{Lane: "crm", State: event.Failed, Class: event.Filter, Error: "boom"}}}}); err != nil {
				t.Fatal(err)
			}
			_, owed, _ := w.line.Event(t.Context(), e.ID)
			before := len(w.delivery(owed[0].ID).Attempts)
			if _, err := w.line.Replay(t.Context(), owed[0].ID); err != nil {
				t.Fatal(err)
			}
			w.lanes.Wake("crm")
			synctest.Wait()
			w.want(owed[0].ID, tt.state, tt.class, before+tt.more)
			w.end()
			w.stop = nil
			w.receiver = newReceiver(t, status(200))
		}
	})
}

func TestAnotherReceiverIsNotHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://old/")
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.Host == "old" {
				rw.Header().Set("Retry-After", "600")
				rw.WriteHeader(429)
			}
		}).run(plan(h))
		w.post("crm")
		w.wait(time.Second)
		held := w.post("crm")[0]
		w.wait(time.Minute)
		w.want(held, event.Pending, "", 0)
		moved := hook(t, "crm", "http://new/")
		w.swap(plan(moved))
		synctest.Wait()
		w.want(held, event.Delivered, event.OK, 1)
	})
}

func TestALateAnswerOfAnotherReceiverDoesNotHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.Host == "old" {
				time.Sleep(time.Second)
				rw.Header().Set("Retry-After", "600")
				rw.WriteHeader(429)
			}
		}).run(plan(hook(t, "crm", "http://old/")))
		w.post("crm")
		synctest.Wait()
		w.swap(plan(hook(t, "crm", "http://new/")))
		w.wait(2 * time.Second)
		id := w.post("crm")[0]
		synctest.Wait()
		w.want(id, event.Delivered, event.OK, 1)
	})
}

func TestALaneThatStoodBeforeARestartGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		on := hook(t, "crm", "http://crm/")
		off := *on
		off.Active = false
		w := newWorld(t, status(200)).run(plan(&off))
		id := w.post("crm")[0]
		w.wait(time.Hour)
		w.stop()
		<-w.done
		w.lanes = New(Options{Line: w.line})
		w.lanes.dial = w.receiver.dial
		w.run(plan(on))
		synctest.Wait()
		w.want(id, event.Delivered, event.OK, 1)
	})
}

func TestANewPolicyLeavesNoConnectionOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		w := newWorld(t, slow(time.Second)).run(plan(h))
		w.post("crm")
		w.wait(2 * time.Second)
		if n := w.receiver.connections(); n != 1 {
			t.Errorf("%d connections", n)
		}
		tight, tighter := plan(h), plan(h)
		tight.Egress.Allow, tighter.Egress.Allow = rules("127.0.0.1:1"), nil
		w.swap(tight)
		synctest.Wait()
		if n := w.receiver.connections(); n != 0 {
			t.Errorf("%d connections wait in the old pool", n)
		}
		id := w.post("crm")[0]
		synctest.Wait()
		w.swap(tighter) // while an attempt is under way
		w.wait(2 * time.Second)
		w.want(id, event.Delivered, event.OK, 1)
		if n := w.receiver.connections(); n != 0 {
			t.Errorf("%d connections went back to the old pool", n)
		}
	})
}
