package outbound

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/posternhq/postern/event"
)

// Whatever plans, receivers and the line do meanwhile: when all is calm again,
// every delivery ends, every place is free and no goroutine is left.
func TestNothingIsLostInAStorm(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			var calm atomic.Bool
			f := &failingLine{}
			w := newWorld(t, func(rw http.ResponseWriter, req *http.Request) {
				if !calm.Load() {
					capricious(rw, req)
				}
			}, func(o *Options) { f.Line = o.Line; o.Line = f })
			w.run(somePlan(t, r, names))
			var ids []string
			for range 200 {
				switch r.IntN(12) {
				case 0:
					w.swap(somePlan(t, r, names))
				case 1:
					if err := w.lanes.Resume(t.Context(), names[r.IntN(len(names))]); err != nil {
						t.Error(err)
					}
				case 2:
					fails := errors.New("a read that fails")
					f.once.Store(&fails)
				default:
					ids = append(ids, w.post(names[r.IntN(len(names))])...)
				}
				time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond)
			}
			calm.Store(true)
			var hooks []*Webhook
			for _, name := range names {
				hooks = append(hooks, hook(t, name, "http://"+name+"/"))
			}
			w.swap(plan(hooks...))
			for _, name := range names {
				if err := w.lanes.Resume(t.Context(), name); err != nil {
					t.Error(err)
				}
			}
			w.wait(3 * time.Hour)
			for _, id := range ids {
				if d := w.delivery(id); d.State != event.Delivered && d.Class != event.Gone {
					t.Errorf("seed %d: a delivery of %s is %s (%s)", seed, d.Webhook, d.State, d.Class)
				}
			}
			if p := &w.lanes.places; p.used != 0 || p.holders != 0 || p.waiting.Len() != 0 || p.held != [ranks]int{} || p.asked != [ranks]int{} {
				t.Errorf("seed %d: %d places are used by %d lanes", seed, p.used, p.holders)
			}
			for _, n := range w.lanes.every() {
				if n.serving || n.share.held != 0 {
					t.Errorf("seed %d: %s has not ended", seed, n.name)
				}
			}
		})
	}
}

// capricious answers this way or that, or not at all.
func capricious(rw http.ResponseWriter, req *http.Request) {
	switch rand.IntN(40) {
	case 0:
		rw.WriteHeader(http.StatusGone)
	case 1, 2, 3, 4, 5:
		rw.Header().Set("Retry-After", strconv.Itoa(rand.IntN(30)))
		rw.WriteHeader(http.StatusTooManyRequests)
	case 6, 7, 8, 9, 10, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25:
		rw.WriteHeader(http.StatusInternalServerError)
	case 11, 12, 13, 14, 15:
		slow(time.Duration(rand.IntN(8000))*time.Millisecond)(rw, req)
	}
}

// somePlan has some of the named webhooks, set this way or that.
func somePlan(t *testing.T, r *rand.Rand, names []string) *Plan {
	var hooks []*Webhook
	for _, name := range names {
		if r.IntN(6) == 0 {
			continue
		}
		h := hook(t, name, fmt.Sprintf("http://%s/%d", name, r.IntN(2)))
		h.Concurrency, h.Active = 1+r.IntN(6), r.IntN(6) != 0
		h.Retry.Schedule = make([]time.Duration, 100)
		for i := range h.Retry.Schedule {
			h.Retry.Schedule[i] = time.Second
		}
		if r.IntN(2) == 0 {
			h.Circuit = Circuit{Failures: 1 + r.IntN(4), ProbeAfter: time.Second, MaxWait: time.Duration(1+r.IntN(20)) * time.Second}
		}
		if r.IntN(3) == 0 {
			h.RateLimit = rate.Limit(1 + r.IntN(300))
		}
		hooks = append(hooks, h)
	}
	p := plan(hooks...)
	p.Egress.MaxInFlight = 1 + r.IntN(12)
	p.Egress.Allow = rules(fmt.Sprintf("127.0.0.%d", r.IntN(2)))
	return p
}
