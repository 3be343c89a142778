package outbound

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/queue"
)

// orderedHook has what an event carries as order.
func orderedHook(t *testing.T, name string, hold bool) *Webhook {
	t.Helper()
	w := hook(t, name, "http://"+name+"/")
	by, err := expr.Compile("contact.id", expr.Scalar)
	if err != nil {
		t.Fatal(err)
	}
	w.OrderBy, w.OrderHold, w.Circuit = by, hold, Circuit{}
	return w
}

// postIn accepts an event in an order, and returns the id of its delivery.
func (w *world) postIn(order, lane string) string {
	w.t.Helper()
	w.sent++
	e := *someEvent()
	e.ID, e.Accepted = fmt.Sprintf("evt_%d", w.sent), time.Now().UTC()
	entry := queue.Entry{Event: e, Owed: []queue.Owed{{Lane: lane, State: event.Pending, Order: queue.OrderOf(order)}}}
	if _, err := w.line.Accept(w.t.Context(), []queue.Entry{entry}); err != nil {
		w.t.Fatal(err)
	}
	w.lanes.Wake(lane)
	_, owed, err := w.line.Event(w.t.Context(), e.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return owed[0].ID
}

// A register notes which events are under way at once, and in which order they
// came. Every event of the same number modulo keys has the same key.
type register struct {
	mu     sync.Mutex
	keys   int
	now    map[int]int
	first  map[int][]int // events by key, each once
	tries  map[int]int
	beside bool // two of one key were under way at once
}

func (r *register) begin(q *http.Request) (number, try int, end func()) {
	number, _ = strconv.Atoi(strings.TrimPrefix(q.Header.Get("Webhook-Id"), "evt_"))
	key := number % r.keys
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now[key]++
	r.beside = r.beside || r.now[key] > 1
	if r.tries[number]++; r.tries[number] == 1 {
		r.first[key] = append(r.first[key], number)
	}
	return number, r.tries[number], func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.now[key]--
	}
}

func TestAnOrderIsKeptThroughFailuresAndRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &register{keys: 7, now: map[int]int{}, first: map[int][]int{}, tries: map[int]int{}}
		w := newWorld(t, func(rw http.ResponseWriter, q *http.Request) {
			number, try, end := r.begin(q)
			defer end()
			time.Sleep(time.Duration(number%5) * 100 * time.Millisecond)
			switch {
			case number%11 == 0: // never
				rw.WriteHeader(http.StatusBadGateway)
			case number%4 == 0 && try < 3:
				rw.WriteHeader(http.StatusInternalServerError)
			}
		}).run(plan(orderedHook(t, "crm", false)))
		for i := range 100 {
			w.postIn(fmt.Sprint("key ", (i+1)%r.keys), "crm")
		}
		w.wait(12 * time.Hour)
		lane := lanesOf(t, w.line)["crm"]
		if lane.Pending != 0 || lane.Failed != 9 || lane.Delivered != 91 {
			t.Errorf("left: %+v", lane)
		}
		if r.beside {
			t.Error("two of one key were under way at once")
		}
		for key, events := range r.first {
			if !slices.IsSorted(events) {
				t.Errorf("key %d went in the order %v", key, events)
			}
		}
		if w.receiver.peak("crm") < 4 {
			t.Errorf("at most %d were under way at once", w.receiver.peak("crm"))
		}
	})
}

func lanesOf(t *testing.T, l queue.Line) map[string]queue.Lane {
	t.Helper()
	all, err := l.Lanes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]queue.Lane{}
	for _, n := range all {
		byName[n.Name] = n
	}
	return byName
}

// events lists those that came, in order.
func (r *receiver) events() (ids []string) {
	for _, g := range r.requests() {
		ids = append(ids, strings.TrimPrefix(g.Header.Get("Webhook-Id"), "evt_"))
	}
	return ids
}

func TestAFailedHeadHoldsItsKeyAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := true
		h := orderedHook(t, "crm", true)
		h.Retry.Schedule = []time.Duration{time.Second}
		w := newWorld(t, func(rw http.ResponseWriter, q *http.Request) {
			if broken && q.Header.Get("Webhook-Id") == "evt_1" {
				rw.WriteHeader(http.StatusBadGateway)
			}
		}).run(plan(h))
		first := w.postIn("ada", "crm")
		w.wait(time.Millisecond)
		second := w.postIn("ada", "crm")
		w.postIn("bob", "crm")
		w.wait(time.Hour)
		w.want(first, event.Failed, event.Status, 2)
		if b := w.delivery(second).Behind; b == nil || *b != (event.Behind{ID: first, Failed: true}) {
			t.Errorf("the second waits for %+v", b)
		}
		w.wait(100 * time.Hour) // longer than max_age: it could not go
		broken = false
		if _, err := w.line.Replay(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		w.lanes.Wake("crm")
		w.wait(time.Minute)
		if diff := cmp.Diff([]string{"1", "3", "1", "1", "2"}, w.receiver.events()); diff != "" {
			t.Error(diff)
		}
		w.want(second, event.Delivered, event.OK, 1)
	})
}

func TestAReloadThatHoldsNothingLetsGo(t *testing.T) {
	for name, change := range map[string]func(*Webhook){
		"continue":    func(w *Webhook) { w.OrderHold = false },
		"no order_by": func(w *Webhook) { w.OrderBy = nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := orderedHook(t, "crm", true)
				h.Retry.Schedule = nil
				fail := true
				w := newWorld(t, func(rw http.ResponseWriter, q *http.Request) {
					time.Sleep(time.Second)
					if fail {
						rw.WriteHeader(http.StatusBadGateway)
					}
				}).run(plan(h))
				w.postIn("ada", "crm")
				w.postIn("ada", "crm")
				w.postIn("bob", "crm")
				second := w.postIn("bob", "crm")
				w.wait(time.Minute)
				if n := lanesOf(t, w.line)["crm"].Holding; n != 2 {
					t.Errorf("%d hold", n)
				}
				fail = false
				other := *h
				change(&other)
				w.swap(plan(&other))
				w.wait(time.Minute)
				w.want(second, event.Delivered, event.OK, 1)
				if lane := lanesOf(t, w.line)["crm"]; lane.Pending != 0 || lane.Holding != 0 {
					t.Errorf("left: %+v", lane)
				}
			})
		})
	}
}

// An attempt that began while failures held, and ends when they don't any more,
// holds nothing.
func TestAnAttemptUnderWayHeedsTheNewPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := orderedHook(t, "crm", true)
		h.Retry.Schedule = nil
		w := newWorld(t, func(rw http.ResponseWriter, q *http.Request) {
			time.Sleep(2 * time.Second)
			if q.Header.Get("Webhook-Id") == "evt_1" {
				rw.WriteHeader(http.StatusBadGateway)
			}
		}).run(plan(h))
		w.postIn("ada", "crm")
		second := w.postIn("ada", "crm")
		w.wait(time.Second)
		other := *h
		other.OrderHold = false
		w.swap(plan(&other))
		w.wait(time.Minute)
		w.want(second, event.Delivered, event.OK, 1)
	})
}

// A hold that is written just when a plan comes into force that wants none.
func TestAHoldThatComesTooLateIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := orderedHook(t, "crm", true)
		h.Retry.Schedule = nil
		other := *h
		other.OrderHold = false
		var w *world
		w = newWorld(t, func(rw http.ResponseWriter, q *http.Request) {
			if q.Header.Get("Webhook-Id") == "evt_1" {
				rw.WriteHeader(http.StatusBadGateway)
			}
		}, func(o *Options) {
			o.Line = &swappingLine{o.Line, func() { w.swap(plan(&other)) }}
		})
		w.run(plan(h))
		w.postIn("ada", "crm")
		second := w.postIn("ada", "crm")
		w.wait(time.Minute)
		w.want(second, event.Delivered, event.OK, 1)
		if n := lanesOf(t, w.line)["crm"].Holding; n != 0 {
			t.Errorf("%d hold", n)
		}
	})
}

// A swappingLine does something just before a hold is written.
type swappingLine struct {
	queue.Line
	do func()
}

func (s *swappingLine) Take(lane string, n int) ([]queue.Lease, time.Time, error) {
	leases, again, err := s.Line.Take(lane, n)
	for i, l := range leases {
		leases[i] = &swappingLease{l, s.do}
	}
	return leases, again, err
}

type swappingLease struct {
	queue.Lease
	do func()
}

func (s *swappingLease) Settle(ctx context.Context, o queue.Outcome) error {
	if o.Hold {
		s.do()
	}
	return s.Lease.Settle(ctx, o)
}
