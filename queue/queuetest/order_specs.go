package queuetest

import (
	"fmt"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// in is entry with its deliveries in an order.
func (r *rig) in(order, id string, lanes ...string) queue.Entry {
	e := r.entry(id, lanes...)
	for i := range e.Owed {
		e.Owed[i].Order = queue.OrderOf(order)
	}
	return e
}

// three are e1 to e3 of one contact, a second apart.
func (r *rig) three(lane string) {
	r.Helper()
	for i := range 3 {
		r.accept(r.in("ada", fmt.Sprint("e", i+1), lane))
		r.advance(time.Second)
	}
}

// hold fails a delivery so that those behind it wait.
func (r *rig) hold(l queue.Lease) {
	r.Helper()
	r.must(l.Settle(r.ctx, queue.Outcome{
		State: event.Failed, Class: event.Timeout, Attempt: r.attempt(event.Timeout), Hold: true,
	}))
}

func (r *rig) replay(eventID string) {
	r.Helper()
	_, err := r.Replay(r.ctx, r.only(eventID))
	r.must(err)
}

// next checks which delivery alone is due, and leases it.
func (r *rig) next(lane, eventID string) queue.Lease {
	r.Helper()
	l := r.one(lane)
	if got := l.Delivery().EventID; got != eventID {
		r.Fatalf("%s is due in %s, want %s", got, lane, eventID)
	}
	return l
}

func (r *rig) behind(eventID string) *event.Behind {
	r.Helper()
	return r.delivery(r.only(eventID)).Behind
}

func (r *rig) letGo(lane string, want int64) {
	r.Helper()
	got, err := r.LetGo(r.ctx, lane)
	r.must(err)
	r.want("holds ended", got, want)
}

var orderSpecs = []spec{
	{name: "one after the other, others beside them", check: func(r *rig) {
		r.three("crm")
		r.accept(r.in("bob", "b1", "crm"), r.entry("free", "crm"), r.in("ada", "e4", "crm", "erp"))
		all := r.take("crm", 10)
		r.want("taken", events(all), []string{"e1", "b1", "free"})
		r.want("in another lane", events(r.take("erp", 10)), []string{"e4"})
		r.deliver(all[2])
		r.deliver(all[1])
		r.want("again", r.none("crm"), time.Time{})
		r.deliver(all[0])
		for _, id := range []string{"e2", "e3", "e4"} {
			r.deliver(r.next("crm", id))
		}
		r.none("crm")
	}},
	{name: "of one call, too", check: func(r *rig) {
		r.accept(r.in("ada", "e1", "crm"), r.in("ada", "e2", "crm"), r.in("bob", "b1", "crm"), r.in("ada", "e3", "crm"))
		all := r.take("crm", 10)
		r.want("taken", events(all), []string{"e1", "b1"})
		r.deliver(all[0])
		r.deliver(r.next("crm", "e2"))
		r.deliver(r.next("crm", "e3"))
	}},
	{name: "a retry keeps its turn", check: func(r *rig) {
		r.three("crm")
		r.again(r.next("crm", "e1"), time.Minute)
		r.want("again", r.none("crm"), r.clock.now().Add(time.Minute))
		r.advance(time.Minute)
		l := r.next("crm", "e1")
		r.must(l.Release())
		r.deliver(r.next("crm", "e1"))
		r.next("crm", "e2")
	}},
	{name: "the next one goes on after a failure", check: func(r *rig) {
		r.three("crm")
		r.fail(r.next("crm", "e1"))
		l := r.next("crm", "e2")
		r.must(l.Settle(r.ctx, queue.Outcome{State: event.Skipped, Class: event.Filter}))
		r.next("crm", "e3")
		r.want("holding", r.lane("crm").Holding, int64(0))
	}},
	{name: "what waits says for what", check: func(r *rig) {
		r.three("crm")
		first := r.only("e1")
		r.want("before", []any{r.behind("e1"), *r.behind("e2"), *r.behind("e3")},
			[]any{(*event.Behind)(nil), event.Behind{ID: first}, event.Behind{ID: first}})
		l := r.next("crm", "e1")
		d := r.delivery(r.only("e2"))
		r.want("meanwhile", []any{d.State, d.Ordered, d.Next, *d.Behind}, []any{event.Pending, true, time.Time{}, event.Behind{ID: first}})
		r.hold(l)
		r.want("first", []any{r.delivery(first).Holds, r.behind("e1")}, []any{true, (*event.Behind)(nil)})
		listed := r.list(queue.Filter{States: []event.State{event.Pending}})
		r.want("listed", []any{*listed[0].Behind, *listed[1].Behind}, []any{event.Behind{ID: first, Failed: true}, event.Behind{ID: first, Failed: true}})
		got := r.lane("crm")
		r.want("lane", []any{got.Pending, got.Failed, got.Holding, got.Oldest}, []any{int64(2), int64(1), int64(1), d.Created})
	}},
	{name: "a hold ends with the replay that goes well", check: func(r *rig) {
		r.three("crm")
		r.hold(r.next("crm", "e1"))
		r.want("again", r.none("crm"), time.Time{})
		r.accept(r.in("bob", "b1", "crm"), r.in("ada", "e4", "crm"))
		r.deliver(r.next("crm", "b1"))
		r.advance(100 * time.Hour)
		r.replay("e1")
		r.want("it holds no more", r.lane("crm").Holding, int64(0))
		r.hold(r.next("crm", "e1"))
		r.none("crm")
		r.replay("e1")
		r.again(r.next("crm", "e1"), 0)
		r.deliver(r.next("crm", "e1"))
		for _, id := range []string{"e2", "e3", "e4"} {
			l := r.next("crm", id)
			r.want("age of "+id, l.Delivery().Age, time.Duration(0)) // it could not go before
			r.deliver(l)
		}
		r.want("holding", r.lane("crm").Holding, int64(0))
	}},
	{name: "a hold ends when what holds is skipped, or fails without", check: func(r *rig) {
		for i, end := range []event.State{event.Skipped, event.Failed} {
			lane := fmt.Sprint("l", i)
			r.accept(r.in("ada", "first"+lane, lane), r.in("ada", "second"+lane, lane))
			r.hold(r.next(lane, "first"+lane))
			r.replay("first" + lane)
			r.settle(r.next(lane, "first"+lane), end, event.Filter)
			r.next(lane, "second"+lane)
		}
	}},
	{name: "what failed at the door holds, too", check: func(r *rig) {
		failed := r.in("ada", "e2", "crm")
		failed.Owed[0].State, failed.Owed[0].Class, failed.Owed[0].Error, failed.Owed[0].Hold = event.Failed, event.Filter, "no", true
		passed := r.in("ada", "e3", "crm")
		passed.Owed[0].State, passed.Owed[0].Class, passed.Owed[0].Error = event.Failed, event.Filter, "no"
		r.accept(r.in("ada", "e1", "crm"), failed, passed, r.in("ada", "e4", "crm"))
		r.deliver(r.next("crm", "e1"))
		r.none("crm")
		r.want("behind", *r.behind("e4"), event.Behind{ID: r.only("e2"), Failed: true})
		r.replay("e2")
		r.deliver(r.next("crm", "e2"))
		r.next("crm", "e4")
	}},
	{name: "LetGo ends every hold of a lane", check: func(r *rig) {
		r.letGo("crm", 0)
		r.accept(r.in("ada", "e1", "crm"), r.in("ada", "e2", "crm"), r.in("bob", "b1", "crm"), r.in("eve", "v1", "crm"), r.in("ada", "o1", "erp"), r.in("ada", "o2", "erp"))
		for _, l := range r.take("crm", 10) {
			if l.Delivery().EventID == "v1" {
				r.fail(l)
				continue
			}
			r.hold(l)
		}
		r.hold(r.next("erp", "o1"))
		r.letGo("crm", 2)
		r.hold(r.next("crm", "e2"))
		r.accept(r.in("bob", "b2", "crm"))
		r.next("crm", "b2")
		r.want("of e1", r.delivery(r.only("e1")).Holds, false)
		r.want("lanes", []int64{r.lane("crm").Holding, r.lane("erp").Holding}, []int64{1, 1})
		r.none("erp")
	}},
	{name: "also that of what is not the first", check: func(r *rig) {
		r.three("crm")
		r.deliver(r.next("crm", "e1"))
		l := r.next("crm", "e2")
		r.replay("e1") // which goes next, and before e2
		r.hold(l)
		r.letGo("crm", 1)
		r.deliver(r.next("crm", "e1"))
		r.next("crm", "e3")
	}},
	{name: "a replay goes before what was accepted after it", check: func(r *rig) {
		r.three("crm")
		r.fail(r.next("crm", "e1"))
		r.again(r.next("crm", "e2"), time.Hour)
		r.replay("e1")
		r.want("behind", *r.behind("e2"), event.Behind{ID: r.only("e1")})
		r.deliver(r.next("crm", "e1"))
		r.want("again", r.none("crm"), r.clock.now().Add(time.Hour))
		r.advance(time.Hour)
		r.next("crm", "e2")
	}},
	{name: "but never beside one that is under way", check: func(r *rig) {
		for i, end := range []func(queue.Lease){
			func(l queue.Lease) { r.again(l, 0) },
			func(l queue.Lease) { r.must(l.Release()) },
		} {
			lane := fmt.Sprint("l", i)
			r.accept(r.in("ada", "first"+lane, lane), r.in("ada", "second"+lane, lane))
			r.deliver(r.next(lane, "first"+lane))
			l := r.next(lane, "second"+lane)
			r.replay("first" + lane)
			r.none(lane)
			r.want("behind", *r.behind("first" + lane), event.Behind{ID: r.only("second" + lane)})
			end(l)
			r.deliver(r.next(lane, "first"+lane))
			r.deliver(r.next(lane, "second"+lane))
		}
	}},
	{name: "a replay of what waits does not let it jump", check: func(r *rig) {
		r.three("crm")
		r.replay("e3")
		r.deliver(r.next("crm", "e1"))
		r.again(r.next("crm", "e2"), time.Hour)
		r.none("crm")
		r.replay("e2")
		r.deliver(r.next("crm", "e2"))
		r.next("crm", "e3")
	}},
	{name: "retention spares what others wait for", options: Options{RetainDelivered: time.Hour, RetainFailed: time.Hour}, check: func(r *rig) {
		r.accept(r.in("ada", "e1", "crm"), r.in("ada", "e2", "crm"), r.in("bob", "b1", "crm"))
		for _, l := range r.take("crm", 10) {
			r.hold(l)
		}
		r.advance(2 * time.Hour)
		r.must(r.Sweep(r.ctx))
		r.want("kept", ids(r.list(queue.Filter{})), []string{"e2", "e1"})
		r.accept(r.in("bob", "b2", "crm")) // what held it is forgotten
		r.deliver(r.next("crm", "b2"))
		r.replay("e1")
		r.fail(r.next("crm", "e1"))
		r.advance(2 * time.Hour)
		r.must(r.Sweep(r.ctx))
		r.want("kept", ids(r.list(queue.Filter{})), []string{"e2"})
		r.next("crm", "e2")
	}},
	{name: "want of room spares it, too", options: Options{MaxBytes: 20_000}, check: func(r *rig) {
		r.accept(r.in("ada", "e1", "crm"), r.in("ada", "e2", "crm"))
		r.hold(r.next("crm", "e1"))
		for i := range 100 {
			r.accept(r.big(fmt.Sprint("x", i), 1000, "crm"))
			r.fail(r.one("crm"))
		}
		r.want("behind", *r.behind("e2"), event.Behind{ID: r.only("e1"), Failed: true})
		r.replay("e1")
		r.deliver(r.next("crm", "e1"))
		r.next("crm", "e2")
	}},
	{name: "it outlives a restart", check: func(r *rig) {
		r.three("crm")
		r.accept(r.in("bob", "b1", "crm"), r.in("bob", "b2", "crm"), r.in("eve", "v1", "crm"), r.in("eve", "v2", "crm"))
		leases := r.take("crm", 10)
		r.want("taken", events(leases), []string{"e1", "b1", "v1"})
		r.again(leases[0], time.Minute)
		r.hold(leases[1])
		r.reopen() // v1 was under way
		r.deliver(r.next("crm", "v1"))
		r.deliver(r.next("crm", "v2"))
		r.want("holding", r.lane("crm").Holding, int64(1))
		r.advance(time.Minute)
		r.deliver(r.next("crm", "e1"))
		r.reopen()
		r.deliver(r.next("crm", "e2"))
		r.replay("b1")
		r.want("taken", events(r.take("crm", 10)), []string{"e3", "b1"})
	}},
	{name: "a lane that stands still keeps its turns", check: func(r *rig) {
		r.three("crm")
		l := r.next("crm", "e1")
		r.must(r.Stop(r.ctx, map[string]bool{"crm": true}))
		r.deliver(l)
		r.advance(24 * time.Hour)
		r.none("crm")
		r.must(r.Stop(r.ctx, map[string]bool{"crm": false}))
		r.next("crm", "e2")
	}},
	{name: "a row moves as it is", check: func(r *rig) {
		r.three("old")
		r.accept(r.in("ada", "n1", "new"), r.in("bob", "b1", "old"))
		r.again(r.next("new", "n1"), time.Hour)
		r.move("old", "new", queue.Moved{Moved: 4})
		r.none("old")
		leases := r.take("new", 10)
		r.want("taken", events(leases), []string{"e1", "b1"})
		r.deliver(leases[0])
		r.deliver(r.next("new", "e2"))
		r.deliver(r.next("new", "e3"))
		r.advance(time.Hour)
		r.next("new", "n1") // it was accepted after them
	}},
	{name: "as far as nothing stays that the rest would overtake", check: func(r *rig) {
		r.three("old")
		r.accept(r.in("bob", "b1", "old"), r.in("bob", "b2", "old"), r.in("eve", "v1", "old", "new"), r.in("eve", "v2", "old"))
		for _, l := range r.take("old", 10) {
			switch l.Delivery().EventID {
			case "b1":
				r.hold(l)
			case "v1":
				r.must(l.Release())
			}
		}
		r.move("old", "new", queue.Moved{Moved: 1, Leased: 1, Owed: 1, Behind: 3})
		r.want("behind", []event.Behind{*r.behind("e2"), *r.behind("b2")},
			[]event.Behind{{ID: r.only("e1")}, {ID: r.only("b1"), Failed: true}})
		leases := r.take("new", 10)
		r.want("taken", events(leases), []string{"v1"})
		r.deliver(leases[0])
		r.next("new", "v2")
	}},
	{name: "unleased for ever by nobody", check: func(r *rig) {
		// Whatever ends how, in whatever order: with nothing held, all of it goes.
		for i := range 40 {
			r.accept(r.in(fmt.Sprint("k", i%3), fmt.Sprint("e", i), "crm"))
		}
		ended := 0
		for i := 0; ended < 40; i++ {
			leases := r.take("crm", 2)
			if len(leases) == 0 {
				r.Fatalf("nothing is due after %d ended", ended)
			}
			for j, l := range leases {
				switch (i + j) % 4 {
				case 0:
					r.again(l, 0)
				case 1:
					r.must(l.Release())
				case 2:
					r.fail(l)
					ended++
				default:
					r.deliver(l)
					ended++
				}
			}
		}
		r.want("pending", r.lane("crm").Pending, int64(0))
	}},
}
