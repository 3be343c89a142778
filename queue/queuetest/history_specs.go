package queuetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func (r *rig) sweep() {
	r.Helper()
	r.must(r.Sweep(r.ctx))
}

// fill accepts events of 1 KiB until the line is full, and counts them.
func (r *rig) fill(prefix, lane string) int {
	r.Helper()
	for n := 0; ; n++ {
		_, err := r.Accept(r.ctx, []queue.Entry{r.big(fmt.Sprintf("%s%03d", prefix, n), 1000, lane)})
		if errors.Is(err, queue.ErrFull) {
			return n
		}
		r.must(err)
		if n > 1000 {
			r.Fatal("the line is never full")
		}
	}
}

var small = Options{MaxBytes: 64 << 10}

var historySpecs = []spec{
	{name: "ended deliveries go after their retention, and their events with the last", check: func(r *rig) {
		e := r.entry("e4")
		e.Owed = []queue.Owed{{Lane: "a", State: event.Skipped}}
		r.accept(r.entry("e1", "a"), r.entry("e2", "a", "b"), r.entry("e3", "a"), r.entry("none"), e)
		leases := r.take("a", 3)
		delivered, failed := leases[0].Delivery().ID, leases[2].Delivery().ID
		r.deliver(leases[0])
		r.deliver(leases[1]) // b still waits
		r.fail(leases[2])
		r.advance(23 * time.Hour)
		r.sweep()
		r.want("before", len(r.list(queue.Filter{})), 5)
		r.advance(2 * time.Hour)
		r.sweep()
		r.want("after", ids(r.list(queue.Filter{})), []string{"e3", "e2"})
		_, err := r.Delivery(r.ctx, delivered)
		r.wantErr(err, queue.ErrNotFound)
		for _, id := range []string{"e1", "none", "e4"} {
			_, _, err = r.Event(r.ctx, id)
			r.wantErr(err, queue.ErrNotFound)
		}
		r.deliver(r.one("b"))
		r.want("failed stays", r.delivery(failed).State, event.Failed)
		r.advance(720 * time.Hour)
		r.sweep()
		r.want("all gone", len(r.list(queue.Filter{})), 0)
		r.want("bytes", r.Stats().Bytes, int64(0))
		r.want("lane", r.lane("a"), queue.Lane{Name: "a"})
		r.want("discarded", len(r.Stats().Discarded), 0)
	}},
	{name: "retention counts from the end of a delivery", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.advance(40 * time.Hour)
		r.sweep()
		r.deliver(r.one("crm"))
		r.advance(20 * time.Hour)
		r.sweep()
		r.want("kept", len(r.list(queue.Filter{})), 1)
		_, err := r.Replay(r.ctx, r.only("e1"))
		r.must(err)
		r.advance(40 * time.Hour)
		r.sweep()
		r.deliver(r.one("crm"))
		r.advance(20 * time.Hour)
		r.sweep()
		r.want("kept after a replay", len(r.list(queue.Filter{})), 1)
		r.advance(5 * time.Hour)
		r.sweep()
		r.want("gone", len(r.list(queue.Filter{})), 0)
	}},
	{name: "what waits never goes", options: Options{RetainDelivered: time.Hour, RetainFailed: time.Hour}, check: func(r *rig) {
		r.accept(r.entry("e1", "crm"), r.entry("e2", "crm"))
		r.again(r.take("crm", 1)[0], time.Minute)
		r.advance(10_000 * time.Hour)
		r.sweep()
		r.want("taken", len(r.take("crm", 5)), 2)
	}},
	{name: "much history goes", options: Options{RetainDelivered: time.Hour, RetainFailed: 2 * time.Hour}, check: func(r *rig) {
		var batch []queue.Entry
		for i := range 3000 {
			batch = append(batch, r.entry(fmt.Sprint("e", i), "crm"))
		}
		for chunk := range slices.Chunk(batch, 1000) {
			r.accept(chunk...)
		}
		for i, l := range r.take("crm", 3000) {
			switch {
			case i%1000 == 500:
				r.must(l.Release())
			case i%100 == 0:
				r.fail(l)
			default:
				r.deliver(l)
			}
		}
		r.advance(90 * time.Minute)
		r.sweep()
		l := r.lane("crm")
		r.want("left", []int64{l.Pending, l.Delivered, l.Failed}, []int64{3, 0, 27})
		r.want("listed", len(r.list(queue.Filter{})), 30)
		r.advance(time.Hour)
		r.sweep()
		r.want("listed later", len(r.list(queue.Filter{})), 3)
		r.want("taken", len(r.take("crm", 10)), 3)
	}},
	{name: "a line full of what waits refuses, and changes nothing", options: small, check: func(r *rig) {
		n := r.fill("e", "crm")
		if n < 10 {
			r.Fatalf("64 KiB hold %d events of 1 KiB", n)
		}
		refused := fmt.Sprintf("e%03d", n)
		_, _, err := r.Event(r.ctx, refused)
		r.wantErr(err, queue.ErrNotFound)
		r.want("pending", r.lane("crm").Pending, int64(n))
		if s := r.Stats(); s.Bytes > s.MaxBytes || s.MaxBytes != small.MaxBytes {
			r.Fatalf("%d bytes of %d", s.Bytes, s.MaxBytes)
		}
		r.sweep()
		leases := r.take("crm", n)
		r.want("all are there", len(leases), n)
		for _, l := range leases[:3] {
			r.deliver(l)
		}
		r.want("room again", r.accept(r.big(refused, 1000, "crm")), []queue.Receipt{{ID: refused, Deliveries: 1}})
		r.want("pending", r.lane("crm").Pending, int64(n-3+1))
	}},
	{name: "one that can never fit is refused and costs no history", options: small, check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.deliver(r.one("crm"))
		_, err := r.Accept(r.ctx, []queue.Entry{r.big("huge", 100<<10, "crm")})
		r.wantErr(err, queue.ErrFull)
		r.want("kept", len(r.list(queue.Filter{})), 1)
	}},
	{name: "history gives way: delivered and skipped first, then failed, oldest first", options: small, check: func(r *rig) {
		const kinds = 3
		n := r.fill("e", "crm") / kinds * kinds
		want := map[event.State][]string{}
		for i, l := range r.take("crm", n) {
			state := []event.State{event.Failed, event.Delivered, event.Skipped}[i%kinds]
			r.settle(l, state, event.Timeout)
			if state == event.Skipped {
				state = event.Delivered // they go together
			}
			want[state] = append(want[state], l.Delivery().EventID)
		}
		waiting := int(r.lane("crm").Pending)
		for i := 0; ; i++ {
			_, err := r.Accept(r.ctx, []queue.Entry{r.big(fmt.Sprintf("n%03d", i), 1000, "new")})
			if errors.Is(err, queue.ErrFull) {
				break
			}
			r.must(err)
			done := ids(r.list(queue.Filter{States: []event.State{event.Delivered, event.Skipped}}))
			dead := ids(r.list(queue.Filter{States: []event.State{event.Failed}}))
			slices.Reverse(done)
			slices.Reverse(dead)
			r.suffix("delivered", done, want[event.Delivered])
			r.suffix("failed", dead, want[event.Failed])
			if len(done) > 0 && len(dead) < len(want[event.Failed]) {
				r.Fatal("a failed delivery gave way before a delivered one")
			}
		}
		r.want("history left", len(r.list(queue.Filter{States: []event.State{event.Delivered, event.Skipped, event.Failed}})), 0)
		r.want("waiting", int(r.lane("crm").Pending), waiting)
		r.want("discarded", r.Stats().Discarded, map[queue.Discard]int64{
			{Lane: "crm", State: event.Failed}:    int64(n / kinds),
			{Lane: "crm", State: event.Delivered}: int64(n / kinds),
			{Lane: "crm", State: event.Skipped}:   int64(n / kinds),
		})
	}},
	{name: "a smaller limit makes room at the next sweep", check: func(r *rig) {
		for i := range 40 {
			r.accept(r.big(fmt.Sprint("e", i), 1000, "crm"))
			if i < 30 {
				r.deliver(r.one("crm"))
			}
		}
		r.o.MaxBytes = 32 << 10
		r.reopen()
		r.sweep()
		if s := r.Stats(); s.Bytes > s.MaxBytes {
			r.Fatalf("%d bytes of %d", s.Bytes, s.MaxBytes)
		}
		r.want("waiting", r.lane("crm").Pending, int64(10))
	}},
}

// suffix checks that got is what is left of all when the first ones have gone.
func (r *rig) suffix(what string, got, all []string) {
	r.Helper()
	r.want(what, got, all[len(all)-len(got):])
}
