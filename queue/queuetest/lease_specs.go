package queuetest

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

var leaseSpecs = []spec{
	{name: "an unknown lane has nothing", check: func(r *rig) {
		r.want("again", r.none("nobody"), time.Time{})
	}},
	{name: "a delivery is leased to one caller at a time", check: func(r *rig) {
		const n = 200
		for i := range n {
			r.accept(r.entry(fmt.Sprint("e", i), "crm"))
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		seen := map[string]int{}
		for range 8 {
			wg.Go(func() {
				for {
					leases, _, err := r.Take("crm", 3)
					if err != nil || len(leases) == 0 {
						return
					}
					mu.Lock()
					for _, l := range leases {
						seen[l.Delivery().ID]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		r.want("leased deliveries", len(seen), n)
		for id, times := range seen {
			r.want(id, times, 1)
		}
	}},
	{name: "never more than n", check: func(r *rig) {
		for i := range 5 {
			r.accept(r.entry(fmt.Sprint("e", i), "crm"))
		}
		leases, again, err := r.Take("crm", 0)
		r.must(err)
		r.want("none", len(leases), 0)
		r.want("all are due", again, r.clock.now())
		leases, again, err = r.Take("crm", 3)
		r.must(err)
		r.want("three", len(leases), 3)
		if again.IsZero() || again.After(r.clock.now()) {
			r.Fatalf("ask again at %v, though more is due", again)
		}
		leases, again, err = r.Take("crm", 3)
		r.must(err)
		r.want("the rest", len(leases), 2)
		r.want("nothing else waits", again, time.Time{})
	}},
	{name: "lanes don't see each other", check: func(r *rig) {
		r.accept(r.entry("e1", "a", "b"))
		a, b := r.one("a"), r.one("b")
		if a.Delivery().ID == b.Delivery().ID {
			r.Fatal("two deliveries have one id")
		}
		r.deliver(a)
		r.want("b", r.lane("b").Pending, int64(1))
	}},
	{name: "the longest due comes first", check: func(r *rig) {
		for i := range 4 {
			r.accept(r.entry(fmt.Sprint("e", i), "crm"))
			r.advance(time.Second)
		}
		leases := r.take("crm", 4)
		r.again(leases[0], 30*time.Second)
		r.again(leases[1], 10*time.Second)
		r.again(leases[2], 20*time.Second)
		r.must(leases[3].Release())
		r.advance(time.Minute)
		var order []string
		for _, l := range r.take("crm", 4) {
			order = append(order, l.Delivery().EventID)
		}
		r.want("order", order, []string{"e3", "e1", "e2", "e0"})
	}},
	{name: "a long line keeps its order", check: func(r *rig) {
		const n = 1500
		var want, got []string
		var batch []queue.Entry
		for i := range n {
			id := fmt.Sprintf("e%04d", i)
			want = append(want, id)
			batch = append(batch, r.entry(id, "crm"))
		}
		for chunk := range slices.Chunk(batch, 300) {
			r.accept(chunk...)
			r.advance(time.Second)
		}
		for {
			leases := r.take("crm", 7)
			if len(leases) == 0 {
				break
			}
			for _, l := range leases {
				got = append(got, l.Delivery().EventID)
				r.deliver(l)
			}
		}
		r.want("order", got, want)
	}},
	{name: "a released delivery is due again at once, in its old place, uncharged", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"), r.entry("e2", "crm"))
		first := r.take("crm", 1)[0]
		r.must(first.Release())
		leases := r.take("crm", 2)
		r.want("first", leases[0].Delivery().EventID, "e1")
		r.want("charged", leases[0].Delivery().Charged, 0)
		r.want("attempts", len(leases[0].Delivery().Attempts), 0)
	}},
	{name: "a lease ends once", check: func(r *rig) {
		for i, end := range []func(queue.Lease) error{
			queue.Lease.Release,
			func(l queue.Lease) error {
				return l.Settle(r.ctx, queue.Outcome{State: event.Delivered, Class: event.OK, Attempt: r.attempt(event.OK)})
			},
		} {
			r.accept(r.entry(fmt.Sprint("e", i), "crm"))
			l := r.take("crm", 1)[0]
			r.must(end(l))
			r.wantErr(l.Release(), queue.ErrSettled)
			r.wantErr(l.Settle(r.ctx, queue.Outcome{State: event.Failed, Class: event.Timeout}), queue.ErrSettled)
			if i == 0 {
				r.deliver(r.one("crm"))
			}
		}
		r.want("delivered", r.lane("crm").Delivered, int64(2))
	}},
	{name: "a retry waits, and says again what was said", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.again(r.one("crm"), time.Minute)
		r.want("again", r.none("crm"), r.clock.now().Add(time.Minute))
		r.advance(time.Minute - 1)
		r.none("crm")
		r.advance(1)
		l := r.one("crm")
		d := l.Delivery()
		r.want("said", d.Said, said())
		r.want("state", []any{d.State, d.Class, d.Charged}, []any{event.Pending, event.Timeout, 1})
		r.must(l.Settle(r.ctx, queue.Outcome{State: event.Pending, Class: event.DNS, Attempt: r.attempt(event.DNS), Wait: time.Second}))
		r.advance(time.Second)
		r.want("said is kept", r.one("crm").Delivery().Said, said())
	}},
	{name: "an outcome without an attempt charges nothing", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		l := r.one("crm")
		id := l.Delivery().ID
		r.must(l.Settle(r.ctx, queue.Outcome{State: event.Failed, Class: event.Expired}))
		d := r.delivery(id)
		r.want("delivery", []any{d.State, d.Class, d.Charged, len(d.Attempts)}, []any{event.Failed, event.Expired, 0, 0})
	}},
	{name: "a delivery can be put off without an attempt", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		l := r.one("crm")
		id := l.Delivery().ID
		r.must(l.Settle(r.ctx, queue.Outcome{State: event.Pending, Wait: time.Second}))
		r.want("again", r.none("crm"), r.clock.now().Add(time.Second))
		d := r.delivery(id)
		r.want("delivery", []any{d.State, d.Class, d.Charged, len(d.Attempts)}, []any{event.Pending, event.Class(""), 0, 0})
		r.advance(time.Second)
		r.again(r.one("crm"), time.Minute)
		r.advance(time.Minute)
		l = r.one("crm")
		r.must(l.Settle(r.ctx, queue.Outcome{State: event.Pending, Class: event.Timeout, Wait: time.Second}))
		r.advance(time.Second)
		again := r.one("crm").Delivery()
		r.want("after one", []any{again.State, again.Class, again.Charged, len(again.Attempts), again.Said}, []any{event.Pending, event.Timeout, 1, 1, said()})
	}},
	{name: "attempts are numbered and kept with what was answered", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		l := r.one("crm")
		id := l.Delivery().ID
		first := event.Attempt{
			Number: 99, At: r.clock.now(), Duration: time.Second, Status: 500, Class: event.Status,
			Error: "500 Internal\x1b[31m", ResponseBody: []byte("\xff\x00oops"), Truncated: true,
			Timeline:   event.Timeline{DNS: 1, Connect: 2, TLS: 3, Sent: 4, FirstByte: 5, Done: 6},
			Connection: event.Connection{Remote: netip.MustParseAddrPort("192.0.2.7:443"), Proxied: true, Reused: true, TLS: tls.VersionTLS13},
		}
		r.must(l.Settle(r.ctx, queue.Outcome{State: event.Pending, Class: event.Status, Attempt: &first, Said: said()}))
		r.settle(r.one("crm"), event.Delivered, event.OK)
		d := r.delivery(id)
		first.Number = 1
		second := *r.attempt(event.OK)
		second.Number = 2
		r.want("attempts", d.Attempts, []event.Attempt{first, second})
		r.want("delivery", []any{d.State, d.Class, d.Charged, d.Next}, []any{event.Delivered, event.OK, 2, time.Time{}})
	}},
	{name: "of a long history the newest attempts are kept", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		const n = 120
		for i := range n {
			l := r.one("crm")
			a := r.attempt(event.Timeout)
			a.ResponseBody = fmt.Appendf(nil, "answer %d", i+1)
			r.must(l.Settle(r.ctx, queue.Outcome{State: event.Pending, Class: event.Timeout, Attempt: a}))
		}
		d := r.delivery(r.only("e1"))
		last := d.Attempts[len(d.Attempts)-1]
		r.want("charged", d.Charged, n)
		r.want("last", []any{last.Number, string(last.ResponseBody)}, []any{n, "answer 120"})
		for i, a := range d.Attempts {
			r.want("number", a.Number, n-len(d.Attempts)+i+1)
		}
		if len(d.Attempts) < 10 || len(d.Attempts) > n {
			r.Fatalf("%d attempts are kept", len(d.Attempts))
		}
	}},
	{name: "ended deliveries are not taken again", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"), r.entry("e2", "crm"), r.entry("e3", "crm"))
		for i, l := range r.take("crm", 3) {
			r.settle(l, []event.State{event.Delivered, event.Failed, event.Skipped}[i], event.Timeout)
		}
		r.advance(time.Hour)
		r.want("again", r.none("crm"), time.Time{})
		l := r.lane("crm")
		r.want("counts", []int64{l.Pending, l.Delivered, l.Failed, l.Skipped}, []int64{0, 1, 1, 1})
	}},
}
