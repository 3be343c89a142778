package queuetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

var acceptSpecs = []spec{
	{name: "what is accepted can be taken, byte for byte", check: func(r *rig) {
		e := r.entry("e1", "crm")
		r.want("receipts", r.accept(e), []queue.Receipt{{ID: "e1", Deliveries: 1}})
		d := r.one("crm").Delivery()
		r.want("event", *d.Event, e.Event)
		r.want("delivery", []any{d.EventID, d.Type, d.Webhook, d.State, d.Created, d.Charged, d.Said, len(d.Attempts)},
			[]any{"e1", "contact.subscribed", "crm", event.Pending, e.Event.Accepted, 0, (*event.Said)(nil), 0})
	}},
	{name: "receipts count pending and failed deliveries, not skipped ones", check: func(r *rig) {
		e := r.entry("e1", "a")
		e.Owed = append(e.Owed,
			queue.Owed{Lane: "b", State: event.Failed, Class: event.Filter, Error: "no such member"},
			queue.Owed{Lane: "c", State: event.Skipped})
		r.want("receipts", r.accept(e), []queue.Receipt{{ID: "e1", Deliveries: 2}})
		r.none("b")
		r.none("c")
		r.want("counts", []int64{r.lane("a").Pending, r.lane("b").Failed, r.lane("c").Skipped}, []int64{1, 1, 1})
	}},
	{name: "an event that owes nothing is kept", check: func(r *rig) {
		r.want("receipts", r.accept(r.entry("e1")), []queue.Receipt{{ID: "e1"}})
		e, owed, err := r.Event(r.ctx, "e1")
		r.must(err)
		r.want("event", e, r.entry("e1").Event)
		r.want("deliveries", len(owed), 0)
		r.want("list", len(r.list(queue.Filter{})), 0)
	}},
	{name: "an empty call is nothing", check: func(r *rig) { r.accept() }},
	{name: "receipts stand in the order of the entries", check: func(r *rig) {
		r.accept(r.entry("e2", "a"))
		r.want("receipts", r.accept(r.entry("e3", "a"), r.entry("e2", "a"), r.entry("e1", "a", "b")), []queue.Receipt{
			{ID: "e3", Deliveries: 1}, {ID: "e2", Duplicate: true}, {ID: "e1", Deliveries: 2},
		})
	}},
	{name: "the same id with the same content is a duplicate and changes nothing", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		again := r.entry("e1", "crm", "other")
		again.Event.Time = "2030-01-01T00:00:00Z" // not compared
		again.Event.Accepted = r.clock.now().Add(time.Minute)
		r.want("receipts", r.accept(again), []queue.Receipt{{ID: "e1", Duplicate: true}})
		r.one("crm")
		r.none("other")
	}},
	{name: "the same id with other content is a conflict", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		for name, change := range map[string]func(*event.Event){
			"type":   func(e *event.Event) { e.Type = "contact.gone" },
			"source": func(e *event.Event) { e.Source = "" },
			"data":   func(e *event.Event) { e.Data = []byte(`{}`) },
		} {
			e := r.entry("e1", "crm")
			change(&e.Event)
			r.conflict(name, []queue.Entry{e}, 0, "e1")
		}
	}},
	{name: "a conflict refuses the whole call and names the entry", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		other := r.entry("e1", "crm")
		other.Event.Data = []byte(`{}`)
		r.conflict("batch", []queue.Entry{r.entry("e2", "crm"), r.entry("e3", "crm"), other}, 2, "e1")
		r.want("pending", r.lane("crm").Pending, int64(1))
		_, _, err := r.Event(r.ctx, "e2")
		r.wantErr(err, queue.ErrNotFound)
		r.want("receipts", r.accept(r.entry("e2", "crm")), []queue.Receipt{{ID: "e2", Deliveries: 1}})
	}},
	{name: "duplicates and conflicts within one call", check: func(r *rig) {
		r.want("receipts", r.accept(r.entry("e1", "crm"), r.entry("e1", "crm")),
			[]queue.Receipt{{ID: "e1", Deliveries: 1}, {ID: "e1", Duplicate: true}})
		other := r.entry("e2", "crm")
		other.Event.Data = []byte(`{}`)
		r.conflict("within", []queue.Entry{r.entry("e2", "crm"), other}, 1, "e2")
		r.want("pending", r.lane("crm").Pending, int64(1))
	}},
	{name: "a key does the work of the id", check: func(r *rig) {
		keyed := func(id, key string) queue.Entry {
			e := r.entry(id, "crm")
			e.Key, e.Event.Data = key, []byte(`{}`)
			return e
		}
		r.want("first", r.accept(keyed("evt_1", "k")), []queue.Receipt{{ID: "evt_1", Deliveries: 1}})
		r.want("repeat", r.accept(keyed("evt_2", "k")), []queue.Receipt{{ID: "evt_1", Duplicate: true}})
		r.want("other key", r.accept(keyed("evt_3", "l")), []queue.Receipt{{ID: "evt_3", Deliveries: 1}})
		r.want("a key is no id", r.accept(keyed("k", "")), []queue.Receipt{{ID: "k", Deliveries: 1}})
		r.want("the id counts as well", r.accept(keyed("evt_1", "")), []queue.Receipt{{ID: "evt_1", Duplicate: true}})
		other := keyed("evt_4", "k")
		other.Event.Data = []byte(`{"n":1}`)
		r.conflict("key", []queue.Entry{other}, 0, "k")
		r.want("within one call", r.accept(keyed("evt_5", "m"), keyed("evt_6", "m")),
			[]queue.Receipt{{ID: "evt_5", Deliveries: 1}, {ID: "evt_5", Duplicate: true}})
	}},
	{name: "an id that was made up counts once it was accepted", check: func(r *rig) {
		made := func(id, key string) queue.Entry {
			e := r.entry(id, "crm")
			e.MadeUp, e.Key, e.Event.Data = true, key, []byte(`{}`)
			return e
		}
		given := made("evt_1", "")
		given.MadeUp = false
		r.want("first", r.accept(made("evt_1", "k")), []queue.Receipt{{ID: "evt_1", Deliveries: 1}})
		r.want("its key", r.accept(made("evt_2", "k")), []queue.Receipt{{ID: "evt_1", Duplicate: true}})
		r.want("its id, given", r.accept(given), []queue.Receipt{{ID: "evt_1", Duplicate: true}})
		given.Event.Data = []byte(`{"n":1}`)
		r.conflict("other data", []queue.Entry{given}, 0, "evt_1")
		r.want("pending", r.lane("crm").Pending, int64(1))

		r.want("without a key", r.accept(made("evt_3", "")), []queue.Receipt{{ID: "evt_3", Deliveries: 1}})
		given = made("evt_3", "")
		given.MadeUp = false
		r.want("its id, given", r.accept(given), []queue.Receipt{{ID: "evt_3", Duplicate: true}})
		given.Event.Data = []byte(`{"n":1}`)
		r.conflict("other data, without a key", []queue.Entry{given}, 0, "evt_3")
	}},
	{name: "of concurrent calls with one id, one is first", check: func(r *rig) {
		const callers = 16
		var wg sync.WaitGroup
		receipts := make([][]queue.Receipt, callers)
		for i := range callers {
			wg.Go(func() {
				var err error
				if receipts[i], err = r.Accept(r.ctx, []queue.Entry{r.entry("e1", "crm")}); err != nil {
					r.Error(err)
				}
			})
		}
		wg.Wait()
		first := 0
		for _, rs := range receipts {
			if len(rs) == 1 && !rs[0].Duplicate {
				first += rs[0].Deliveries
			}
		}
		r.want("deliveries promised", first, 1)
		r.one("crm")
	}},
	{name: "concurrent calls all keep what they promised", check: func(r *rig) {
		const callers, each = 8, 20
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for j := range each {
					id := string(rune('a'+i)) + "-" + string(rune('a'+j))
					if _, err := r.Accept(r.ctx, []queue.Entry{r.entry(id, "crm", "lane-"+string(rune('a'+i)))}); err != nil {
						r.Error(err)
					}
				}
			})
		}
		wg.Wait()
		r.want("pending", r.lane("crm").Pending, int64(callers*each))
		r.want("taken", len(r.take("crm", 1000)), callers*each)
	}},
	{name: "an id is forgotten after 24 hours, and not before", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.advance(23*time.Hour + 59*time.Minute)
		r.must(r.Sweep(r.ctx))
		r.want("before", r.accept(r.entry("e1", "crm")), []queue.Receipt{{ID: "e1", Duplicate: true}})
		r.advance(2 * time.Minute)
		r.want("after", r.accept(r.entry("e1", "crm")), []queue.Receipt{{ID: "e1", Deliveries: 1}})
		r.must(r.Sweep(r.ctx))
		r.want("once more", r.accept(r.entry("e1", "crm")), []queue.Receipt{{ID: "e1", Duplicate: true}})
		r.want("both wait", len(r.take("crm", 5)), 2)
	}},
	{name: "an id outlives its event", options: Options{RetainDelivered: time.Hour}, check: func(r *rig) {
		keyed := r.entry("e2", "crm")
		keyed.Key = "k"
		r.accept(r.entry("e1", "crm"), keyed)
		for _, l := range r.take("crm", 2) {
			r.deliver(l)
		}
		r.advance(3 * time.Hour)
		r.must(r.Sweep(r.ctx))
		_, _, err := r.Event(r.ctx, "e1")
		r.wantErr(err, queue.ErrNotFound)
		r.advance(20 * time.Hour)
		r.must(r.Sweep(r.ctx))
		r.want("id", r.accept(r.entry("e1", "crm")), []queue.Receipt{{ID: "e1", Duplicate: true}})
		keyed.Event.ID = "e3"
		r.want("key", r.accept(keyed), []queue.Receipt{{ID: "e2", Duplicate: true}})
		r.advance(2 * time.Hour)
		r.must(r.Sweep(r.ctx))
		r.want("forgotten id", r.accept(r.entry("e1", "crm")), []queue.Receipt{{ID: "e1", Deliveries: 1}})
		r.want("forgotten key", r.accept(keyed), []queue.Receipt{{ID: "e3", Deliveries: 1}})
	}},
	{name: "a cancelled call changes nothing", check: func(r *rig) {
		ctx, cancel := context.WithCancel(r.ctx)
		cancel()
		_, err := r.Accept(ctx, []queue.Entry{r.entry("e1", "crm")})
		r.wantErr(err, context.Canceled)
		r.want("later", r.accept(r.entry("e1", "crm")), []queue.Receipt{{ID: "e1", Deliveries: 1}})
	}},
}

func (r *rig) conflict(what string, entries []queue.Entry, index int, id string) {
	r.Helper()
	_, err := r.Accept(r.ctx, entries)
	var c *queue.ConflictError
	if !errors.As(err, &c) {
		r.Fatalf("%s: got error %v, want a conflict", what, err)
	}
	r.want(what, *c, queue.ConflictError{Index: index, ID: id})
}
