package queuetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

var replaySpecs = []spec{
	{name: "an ended delivery starts afresh under its id", check: func(r *rig) {
		for i, end := range []struct {
			state event.State
			class event.Class
		}{
			{event.Delivered, event.OK},
			{event.Failed, event.Timeout},
			{event.Skipped, event.Filter},
		} {
			eventID := fmt.Sprint("e", i)
			r.accept(r.entry(eventID, "crm"))
			id := r.only(eventID)
			r.again(r.one("crm"), 0)
			r.settle(r.one("crm"), end.state, end.class)
			r.advance(time.Hour)
			d, err := r.Replay(r.ctx, id)
			r.must(err)
			r.want("replayed", []any{d.ID, d.State, d.Class, d.Charged, d.Next},
				[]any{id, event.Pending, end.class, 0, r.clock.now()})
			r.advance(time.Second)
			l := r.one("crm")
			r.want("leased", []any{l.Delivery().ID, l.Delivery().Class, l.Delivery().Said, l.Delivery().Age},
				[]any{id, end.class, (*event.Said)(nil), time.Second})
			r.deliver(l)
			got := r.delivery(id)
			r.want("attempts", []any{len(got.Attempts), got.Attempts[2].Number, got.Charged}, []any{3, 3, 1})
		}
		l := r.lane("crm")
		r.want("counts", []int64{l.Pending, l.Delivered, l.Failed, l.Skipped}, []int64{0, 3, 0, 0})
	}},
	{name: "a failed one says the same if it is asked to", check: func(r *rig) {
		said := &event.Said{Method: "POST", ContentType: "text/plain", Payload: []byte("as it was")}
		for _, id := range []string{"e1", "e2"} {
			r.accept(r.entry(id, "crm"))
			l := r.one("crm")
			if id == "e1" {
				r.must(l.Settle(r.ctx, queue.Outcome{State: event.Pending, Class: event.Timeout, Said: said}))
				l = r.one("crm")
			}
			r.settle(l, event.Failed, event.Timeout)
		}
		for _, again := range []bool{true, false} {
			d, err := r.Repeat(r.ctx, r.only("e1"))
			r.must(err)
			r.want("repeated", []any{d.State, d.Charged}, []any{event.Pending, 0})
			l := r.one("crm")
			r.want("said", l.Delivery().Said, said)
			if again {
				r.settle(l, event.Failed, event.Timeout)
				continue
			}
			r.deliver(l)
		}
		for _, id := range []string{"e1", "e2"} { // delivered, and failed at its first attempt
			_, err := r.Repeat(r.ctx, r.only(id))
			r.wantErr(err, queue.ErrUnsaid)
		}
		_, err := r.Repeat(r.ctx, "nothing")
		r.wantErr(err, queue.ErrNotFound)
	}},
	{name: "a delivery whose filter failed", check: func(r *rig) {
		e := r.entry("e1")
		e.Owed = []queue.Owed{{Lane: "crm", State: event.Failed, Class: event.Filter, Error: "contact.age is no number"}}
		r.accept(e)
		d := r.delivery(r.only("e1"))
		r.want("delivery", []any{d.State, d.Class, d.Charged}, []any{event.Failed, event.Filter, 0})
		r.want("attempts", d.Attempts, []event.Attempt{
			{Number: 1, At: e.Event.Accepted, Class: event.Filter, Error: "contact.age is no number"},
		})
		_, err := r.Replay(r.ctx, d.ID)
		r.must(err)
		l := r.one("crm")
		r.want("class", l.Delivery().Class, event.Filter)
		r.settle(l, event.Delivered, event.OK)
		r.want("number", r.delivery(d.ID).Attempts[1].Number, 2)
	}},
	{name: "of a pending one the next attempt is due now", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.again(r.one("crm"), time.Hour)
		r.advance(time.Minute)
		d, err := r.Replay(r.ctx, r.only("e1"))
		r.must(err)
		r.want("replayed", []any{d.State, d.Charged, d.Next}, []any{event.Pending, 1, r.clock.now()})
		l := r.one("crm")
		r.want("said", l.Delivery().Said, said())
		r.want("age", l.Delivery().Age, time.Minute)
		r.again(l, time.Hour)
		r.none("crm")
		r.want("pending", r.lane("crm").Pending, int64(1))
	}},
	{name: "one that waits among many is replayed once", check: func(r *rig) {
		for i := range 20 {
			r.accept(r.entry(fmt.Sprint("e", i), "crm"))
		}
		id := r.only("e7")
		for range 3 {
			_, err := r.Replay(r.ctx, id)
			r.must(err)
		}
		r.want("taken", len(r.take("crm", 100)), 20)
	}},
	{name: "not while an attempt is under way", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		l := r.one("crm")
		_, err := r.Replay(r.ctx, l.Delivery().ID)
		r.wantErr(err, queue.ErrLeased)
		r.must(l.Release())
		_, err = r.Replay(r.ctx, l.Delivery().ID)
		r.must(err)
		r.one("crm")
	}},
	{name: "in a stopped lane it waits for the start", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.fail(r.one("crm"))
		r.stop("crm", true)
		d, err := r.Replay(r.ctx, r.only("e1"))
		r.must(err)
		r.want("next", d.Next, time.Time{})
		r.none("crm")
		r.advance(week)
		r.stop("crm", false)
		r.want("age", r.one("crm").Delivery().Age, time.Duration(0))
	}},
	{name: "at once by many callers makes one attempt", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.fail(r.one("crm"))
		id := r.only("e1")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { _, _ = r.Replay(r.ctx, id) })
		}
		wg.Wait()
		r.one("crm")
		r.want("pending", r.lane("crm").Pending, int64(1))
	}},
	{name: "a replayed delivery survives", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.fail(r.one("crm"))
		_, err := r.Replay(r.ctx, r.only("e1"))
		r.must(err)
		r.reopen()
		r.deliver(r.one("crm"))
		r.want("attempts", len(r.delivery(r.only("e1")).Attempts), 2)
	}},
}
