package queuetest

import (
	"fmt"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// everything is all that can be seen of a line.
func (r *rig) everything() map[string]any {
	r.Helper()
	all := map[string]any{}
	lanes, err := r.Lanes(r.ctx)
	r.must(err)
	all["lanes"] = lanes
	all["bytes"] = r.Stats().Bytes
	for i, d := range r.list(queue.Filter{}) {
		all[fmt.Sprint("listed ", i)] = d
		all[d.ID] = r.delivery(d.ID)
		_, owed, err := r.Event(r.ctx, d.EventID)
		r.must(err)
		all["owed by "+d.EventID] = owed
	}
	return all
}

var reopenSpecs = []spec{
	{name: "everything survives", check: func(r *rig) {
		for i := range 12 {
			e := r.entry(fmt.Sprint("e", i), "a", "b")
			e.Owed = append(e.Owed, queue.Owed{Lane: "c", State: event.Skipped},
				queue.Owed{Lane: "d", State: event.Failed, Class: event.Filter, Error: "no"})
			r.accept(e)
			r.advance(time.Second)
		}
		leases := r.take("a", 9)
		for i, l := range leases {
			switch i % 3 {
			case 0:
				r.deliver(l)
			case 1:
				r.fail(l)
			case 2:
				r.again(l, time.Hour)
			}
		}
		r.stop("b", true)
		r.must(r.Note(r.ctx, "b", []byte("n")))
		before := r.everything()
		r.reopen()
		r.want("after", r.everything(), before)
		r.want("taken", len(r.take("a", 100)), 3)
		r.want("duplicate", r.accept(r.entry("e3")), []queue.Receipt{{ID: "e3", Duplicate: true}})
		r.want("new", r.accept(r.entry("new", "a")), []queue.Receipt{{ID: "new", Deliveries: 1}})
	}},
	{name: "what was leased is due again", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"), r.entry("e2", "crm"))
		l := r.take("crm", 1)[0]
		r.reopen()
		if l.Settle(r.ctx, queue.Outcome{State: event.Delivered, Class: event.OK, Attempt: r.attempt(event.OK)}) == nil {
			r.Fatal("a lease outlived its line")
		}
		r.want("taken", len(r.take("crm", 5)), 2)
	}},
	{name: "nothing is accepted twice after the newest has gone", options: Options{RetainDelivered: time.Hour}, check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		first := r.one("crm")
		r.deliver(first)
		r.advance(2 * time.Hour)
		r.sweep()
		r.reopen()
		r.advance(-2 * time.Hour) // the same millisecond again
		r.reopen()
		r.accept(r.entry("e2", "crm"))
		if r.only("e2") == first.Delivery().ID {
			r.Fatal("an id was used twice")
		}
	}},
	{name: "a closed line is not available", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		id := r.only("e1")
		l := r.one("crm")
		r.must(r.Close())
		r.must(r.Close())
		for name, call := range map[string]func() error{
			"Accept":   func() error { _, err := r.Accept(r.ctx, []queue.Entry{r.entry("e2", "crm")}); return err },
			"Take":     func() error { _, _, err := r.Take("crm", 1); return err },
			"Stop":     func() error { return r.Stop(r.ctx, map[string]bool{"crm": true}) },
			"Note":     func() error { return r.Note(r.ctx, "crm", nil) },
			"Lanes":    func() error { _, err := r.Lanes(r.ctx); return err },
			"Sweep":    func() error { return r.Sweep(r.ctx) },
			"Delivery": func() error { _, err := r.Delivery(r.ctx, id); return err },
			"Event":    func() error { _, _, err := r.Event(r.ctx, "e1"); return err },
			"List":     func() error { _, err := r.List(r.ctx, queue.Filter{}); return err },
			"Replay":   func() error { _, err := r.Replay(r.ctx, id); return err },
			"Move":     func() error { _, err := r.Move(r.ctx, "crm", "other"); return err },
			"Settle":   func() error { return l.Settle(r.ctx, queue.Outcome{State: event.Failed}) },
			"Release":  l.Release,
		} {
			if err := call(); err == nil {
				r.Errorf("%s: no error", name)
			} else {
				r.wantErr(err, queue.ErrUnavailable)
			}
		}
		r.Stats()
	}},
}
