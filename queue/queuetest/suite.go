package queuetest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// Run holds the engine that open opens to the promise. Options carry all that
// the engine has to heed; open is called again with the same Dir after Close.
func Run(t *testing.T, open func(t *testing.T, o Options) queue.Line) {
	for _, part := range []struct {
		name  string
		specs []spec
	}{
		{"Accept", acceptSpecs},
		{"Lease", leaseSpecs},
		{"Clock", clockSpecs},
		{"Ledger", ledgerSpecs},
		{"Replay", replaySpecs},
		{"Move", moveSpecs},
		{"Order", orderSpecs},
		{"History", historySpecs},
		{"Reopen", reopenSpecs},
	} {
		t.Run(part.name, func(t *testing.T) {
			for _, s := range part.specs {
				t.Run(s.name, func(t *testing.T) {
					s.check(newRig(t, s.options, open))
				})
			}
		})
	}
}

// A spec is one sentence of the promise.
type spec struct {
	name    string
	options Options
	check   func(r *rig)
}

// A rig is one line under test, and its clock.
type rig struct {
	*testing.T
	queue.Line
	clock *clock
	o     Options
	open  func(t *testing.T, o Options) queue.Line
	ctx   context.Context
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func newRig(t *testing.T, o Options, open func(*testing.T, Options) queue.Line) *rig {
	r := &rig{T: t, o: o, open: open, ctx: t.Context(), clock: &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	r.o.Dir, r.o.Now = t.TempDir(), r.clock.now
	r.Line = open(t, r.o)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return r
}

// reopen restarts the line.
func (r *rig) reopen() {
	r.Helper()
	r.must(r.Close())
	r.Line = r.open(r.T, r.o)
}

func (r *rig) advance(d time.Duration) {
	r.clock.mu.Lock()
	defer r.clock.mu.Unlock()
	r.clock.at = r.clock.at.Add(d)
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) wantErr(err, want error) {
	r.Helper()
	if !errors.Is(err, want) {
		r.Fatalf("got error %v, want %v", err, want)
	}
}

// entry is an event with a pending delivery to each of lanes.
func (r *rig) entry(id string, lanes ...string) queue.Entry {
	e := queue.Entry{Event: event.Event{
		ID: id, Type: "contact.subscribed", Source: "campaign", Time: "2026-03-01T10:00:00+02:00",
		Data: fmt.Appendf(nil, `{"id":%q}`, id), Accepted: r.clock.now(),
	}}
	for _, lane := range lanes {
		e.Owed = append(e.Owed, queue.Owed{Lane: lane, State: event.Pending})
	}
	return e
}

// big is entry with size bytes of data.
func (r *rig) big(id string, size int, lanes ...string) queue.Entry {
	e := r.entry(id, lanes...)
	e.Event.Data = fmt.Appendf(nil, `{"x":%q}`, strings.Repeat("x", size))
	return e
}

func (r *rig) accept(entries ...queue.Entry) []queue.Receipt {
	r.Helper()
	receipts, err := r.Accept(r.ctx, entries)
	r.must(err)
	if len(receipts) != len(entries) {
		r.Fatalf("%d receipts for %d entries", len(receipts), len(entries))
	}
	return receipts
}

func (r *rig) take(lane string, n int) []queue.Lease {
	r.Helper()
	leases, _, err := r.Take(lane, n)
	r.must(err)
	return leases
}

// one takes the only delivery that is due.
func (r *rig) one(lane string) queue.Lease {
	r.Helper()
	leases := r.take(lane, 2)
	if len(leases) != 1 {
		r.Fatalf("%d deliveries are due in %s, want 1", len(leases), lane)
	}
	return leases[0]
}

// none checks that nothing is due, and returns when to ask again.
func (r *rig) none(lane string) time.Time {
	r.Helper()
	leases, again, err := r.Take(lane, 1)
	r.must(err)
	if len(leases) != 0 {
		r.Fatalf("%s is due in %s, want nothing", leases[0].Delivery().EventID, lane)
	}
	return again
}

func (r *rig) attempt(class event.Class) *event.Attempt {
	a := &event.Attempt{At: r.clock.now(), Duration: 20 * time.Millisecond, Class: class}
	if class == event.OK {
		a.Status = 200
	} else {
		a.Error = "no answer"
	}
	return a
}

func (r *rig) settle(l queue.Lease, state event.State, class event.Class) {
	r.Helper()
	r.must(l.Settle(r.ctx, queue.Outcome{State: state, Class: class, Attempt: r.attempt(class)}))
}

func (r *rig) deliver(l queue.Lease) { r.Helper(); r.settle(l, event.Delivered, event.OK) }
func (r *rig) fail(l queue.Lease)    { r.Helper(); r.settle(l, event.Failed, event.Timeout) }

func (r *rig) again(l queue.Lease, wait time.Duration) {
	r.Helper()
	r.must(l.Settle(r.ctx, queue.Outcome{
		State: event.Pending, Class: event.Timeout, Attempt: r.attempt(event.Timeout), Wait: wait, Said: said(),
	}))
}

func said() *event.Said {
	return &event.Said{
		Method: "POST", ContentType: "application/json", Payload: []byte(`{"key":"","n":1}`),
		Holes: []event.Hole{{Offset: 8, Secret: "env:KEY", Escape: event.JSONText}},
	}
}

// lane is what Lanes says of one.
func (r *rig) lane(name string) queue.Lane {
	r.Helper()
	lanes, err := r.Lanes(r.ctx)
	r.must(err)
	for _, l := range lanes {
		if l.Name == name {
			return l
		}
	}
	return queue.Lane{}
}

// list is every delivery that a filter chooses, newest first.
func (r *rig) list(f queue.Filter) []event.Delivery {
	r.Helper()
	var all []event.Delivery
	for {
		page, err := r.List(r.ctx, f)
		r.must(err)
		all = append(all, page.Deliveries...)
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			return all
		}
	}
}

// ids are the events of deliveries.
func ids(ds []event.Delivery) (out []string) {
	for _, d := range ds {
		out = append(out, d.EventID)
	}
	return out
}

func (r *rig) delivery(id string) event.Delivery {
	r.Helper()
	d, err := r.Delivery(r.ctx, id)
	r.must(err)
	return d
}

// only is the id of the one delivery of an event.
func (r *rig) only(eventID string) string {
	r.Helper()
	_, owed, err := r.Event(r.ctx, eventID)
	r.must(err)
	if len(owed) != 1 {
		r.Fatalf("%s has %d deliveries, want 1", eventID, len(owed))
	}
	return owed[0].ID
}

func (r *rig) want(what string, got, want any) {
	r.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.AddrPort{})); d != "" {
		r.Fatalf("%s (-want +got):\n%s", what, d)
	}
}
