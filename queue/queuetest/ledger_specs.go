package queuetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

var ledgerSpecs = []spec{
	{name: "what is not kept is not found", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		id := r.only("e1")
		for _, bad := range []string{"", "e1", "dlv_", "dlv_zzz", id + "0", id[:len(id)-1], "x" + id, "dlv_00000000000000000000", "dlv_é"} {
			_, err := r.Delivery(r.ctx, bad)
			r.wantErr(err, queue.ErrNotFound)
			_, err = r.Replay(r.ctx, bad)
			r.wantErr(err, queue.ErrNotFound)
			if bad == "e1" {
				continue
			}
			_, _, err = r.Event(r.ctx, bad)
			r.wantErr(err, queue.ErrNotFound)
		}
	}},
	{name: "a delivery is found with its event and what it said", check: func(r *rig) {
		e := r.entry("e1", "crm")
		r.accept(e)
		r.again(r.one("crm"), time.Minute)
		d := r.delivery(r.only("e1"))
		r.want("event", *d.Event, e.Event)
		r.want("said", d.Said, said())
		r.want("attempts", len(d.Attempts), 1)
		r.want("age", d.Age, time.Duration(0))
	}},
	{name: "a failed delivery keeps what it said, a delivered one does not", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"), r.entry("e2", "crm"))
		for _, l := range r.take("crm", 2) {
			r.again(l, 0)
		}
		leases := r.take("crm", 2)
		r.fail(leases[0])
		r.deliver(leases[1])
		r.want("failed", r.delivery(r.only("e1")).Said, said())
		r.want("delivered", r.delivery(r.only("e2")).Said, (*event.Said)(nil))
	}},
	{name: "an event is found with its deliveries, without their attempts", check: func(r *rig) {
		e := r.entry("e1", "a", "b")
		r.accept(e)
		r.fail(r.one("a"))
		got, owed, err := r.Event(r.ctx, "e1")
		r.must(err)
		r.want("event", got, e.Event)
		states := map[string]event.State{}
		for _, d := range owed {
			states[d.Webhook] = d.State
			r.want("attempts", len(d.Attempts), 0)
		}
		r.want("states", states, map[string]event.State{"a": event.Failed, "b": event.Pending})
	}},
	{name: "an id that was used again names the newer event", check: func(r *rig) {
		r.accept(r.entry("e1", "a"))
		r.advance(25 * time.Hour)
		r.accept(r.entry("e1", "b"))
		_, owed, err := r.Event(r.ctx, "e1")
		r.must(err)
		r.want("deliveries", len(owed), 1)
		r.want("webhook", owed[0].Webhook, "b")
		r.want("older delivery", r.one("a").Delivery().EventID, "e1")
	}},
	{name: "lists are newest first and filtered", check: func(r *rig) {
		kinds := []struct {
			id, typ, lane string
			state         event.State
			class         event.Class
		}{
			{"e0", "x", "a", event.Delivered, event.OK},
			{"e1", "y", "a", event.Failed, event.Timeout},
			{"e2", "x", "b", event.Pending, ""},
			{"e3", "y", "b", event.Skipped, ""},
			{"e4", "x", "c", event.Failed, event.DNS},
			{"e5", "x", "c", event.Pending, ""},
		}
		start := r.clock.now()
		for _, k := range kinds {
			e := r.entry(k.id, k.lane)
			e.Event.Type = k.typ
			if k.state == event.Skipped {
				e.Owed[0].State = event.Skipped
			}
			r.accept(e)
			if k.state == event.Delivered || k.state == event.Failed {
				r.settle(r.one(k.lane), k.state, k.class)
			}
			r.advance(time.Minute)
		}
		for _, c := range []struct {
			name   string
			filter queue.Filter
			want   []string
		}{
			{"all", queue.Filter{}, []string{"e5", "e4", "e3", "e2", "e1", "e0"}},
			{"lanes", queue.Filter{Lanes: []string{"a", "c", "nobody"}}, []string{"e5", "e4", "e1", "e0"}},
			{"no lanes", queue.Filter{Lanes: []string{}}, nil},
			{"not in", queue.Filter{NotIn: []string{"c", "nobody"}}, []string{"e3", "e2", "e1", "e0"}},
			{"states", queue.Filter{States: []event.State{event.Pending, event.Skipped}}, []string{"e5", "e3", "e2"}},
			{"type", queue.Filter{Type: "y"}, []string{"e3", "e1"}},
			{"class", queue.Filter{Class: event.DNS}, []string{"e4"}},
			{"since", queue.Filter{Since: start.Add(3 * time.Minute)}, []string{"e5", "e4", "e3"}},
			{"since a little later", queue.Filter{Since: start.Add(3*time.Minute + 1)}, []string{"e5", "e4"}},
			{"since the future", queue.Filter{Since: start.Add(time.Hour)}, nil},
			{"since ever", queue.Filter{Since: time.Unix(-1, 0)}, []string{"e5", "e4", "e3", "e2", "e1", "e0"}},
			{"together", queue.Filter{Lanes: []string{"a", "c"}, States: []event.State{event.Failed}, Type: "x"}, []string{"e4"}},
		} {
			r.want(c.name, ids(r.list(c.filter)), c.want)
			c.filter.Limit = 1
			r.want(c.name+", one by one", ids(r.list(c.filter)), c.want)
		}
		for _, d := range r.list(queue.Filter{}) {
			if d.Event != nil || len(d.Attempts) > 0 {
				r.Fatal("a list carries events or attempts")
			}
		}
	}},
	{name: "pages", check: func(r *rig) {
		var batch []queue.Entry
		var want []string
		for i := range 520 {
			id := fmt.Sprintf("e%03d", i)
			batch = append(batch, r.entry(id, "crm"))
			want = append(want, id)
		}
		slices.Reverse(want)
		r.accept(batch...)
		for limit, size := range map[int]int{0: 50, 1: 1, 500: 500, 10_000: 500} {
			page, err := r.List(r.ctx, queue.Filter{Limit: limit})
			r.must(err)
			r.want("page", ids(page.Deliveries), want[:size])
			if page.NextCursor == "" {
				r.Fatal("no cursor to the next page")
			}
			next, err := r.List(r.ctx, queue.Filter{Limit: 5, Cursor: page.NextCursor})
			r.must(err)
			r.want("next page", ids(next.Deliveries), want[size:size+5])
		}
		page, err := r.List(r.ctx, queue.Filter{Limit: 260})
		r.must(err)
		r.accept(r.entry("new", "crm"))
		last, err := r.List(r.ctx, queue.Filter{Limit: 260, Cursor: page.NextCursor})
		r.must(err)
		r.want("last page", ids(last.Deliveries), want[260:])
		r.want("its cursor", last.NextCursor, "")
	}},
	{name: "a cursor that isn't one is refused", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		for _, bad := range []string{"x", "-1", r.only("e1"), "é", "zzzzzzzzzzzzzzzzzzzz"} {
			_, err := r.List(r.ctx, queue.Filter{Cursor: bad})
			r.wantErr(err, queue.ErrCursor)
		}
	}},
}
