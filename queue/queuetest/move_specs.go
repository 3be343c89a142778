package queuetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func (r *rig) move(from, to string, want queue.Moved) {
	r.Helper()
	got, err := r.Move(r.ctx, from, to)
	r.must(err)
	r.want("moved", got, want)
}

// events are those of leases, in their order.
func events(leases []queue.Lease) (out []string) {
	for _, l := range leases {
		out = append(out, l.Delivery().EventID)
	}
	return out
}

var moveSpecs = []spec{
	{name: "what waits goes to the other lane as it is", check: func(r *rig) {
		r.accept(r.entry("e1", "old"))
		id := r.only("e1")
		r.again(r.one("old"), time.Minute)
		before := r.delivery(id)
		r.move("old", "new", queue.Moved{Moved: 1})
		want := before
		want.Webhook = "new"
		r.want("delivery", r.delivery(id), want)
		r.want("of its event", r.only("e1"), id)
		r.want("again", r.none("new"), r.clock.now().Add(time.Minute))
		r.none("old")
		r.advance(time.Minute)
		l := r.one("new")
		d := *l.Delivery()
		r.want("leased", []any{d.ID, d.Webhook, d.Said, d.Charged, d.Class, d.Age, d.Created},
			[]any{id, "new", said(), 1, event.Timeout, time.Minute, before.Created})
		r.again(l, 0)
		r.deliver(r.one("new"))
		r.want("attempts", len(r.delivery(id).Attempts), 3)
		r.want("counts", []queue.Lane{r.lane("old"), r.lane("new")},
			[]queue.Lane{{Name: "old"}, {Name: "new", Delivered: 1}})
	}},
	{name: "in the order in which they wait", check: func(r *rig) {
		for i := range 5 {
			r.accept(r.entry(fmt.Sprint("e", i), "old"))
			r.advance(time.Second)
		}
		leases := r.take("old", 3)
		r.again(leases[0], 30*time.Second)
		r.again(leases[1], 10*time.Second)
		r.again(leases[2], 20*time.Second)
		r.move("old", "new", queue.Moved{Moved: 5})
		r.want("those that are due", events(r.take("new", 5)), []string{"e3", "e4"})
		r.advance(time.Minute)
		r.want("those that were due later", events(r.take("new", 5)), []string{"e1", "e2", "e0"})
	}},
	{name: "among those that wait there already, as long due as they were", check: func(r *rig) {
		for i := range 6 {
			r.accept(r.entry(fmt.Sprint("e", i), []string{"old", "new"}[i%2]))
			r.advance(time.Second)
		}
		r.want("first", events(r.take("new", 1)), []string{"e1"})
		r.move("old", "new", queue.Moved{Moved: 3})
		r.want("order", events(r.take("new", 9)), []string{"e0", "e2", "e3", "e4", "e5"})
	}},
	{name: "a clock that stood still goes on", check: func(r *rig) {
		r.accept(r.entry("e1", "old"), r.entry("e2", "old"))
		r.again(r.take("old", 1)[0], 10*time.Minute)
		r.advance(4 * time.Minute)
		r.stop("old", true)
		r.advance(week)
		r.accept(r.entry("e3", "old")) // new when the lane goes on
		r.move("old", "new", queue.Moved{Moved: 3})
		r.want("due", events(r.take("new", 9)), []string{"e2", "e3"})
		r.want("again", r.none("new"), r.clock.now().Add(6*time.Minute))
		r.advance(6 * time.Minute)
		l := r.one("new")
		r.want("age", l.Delivery().Age, 10*time.Minute)
		r.must(l.Release())
		r.reopen()
		leases := r.take("new", 9)
		r.want("after a restart", events(leases), []string{"e2", "e3", "e1"})
		for i, age := range []time.Duration{10 * time.Minute, 6 * time.Minute, 10 * time.Minute} {
			r.want("age", leases[i].Delivery().Age, age)
		}
	}},
	{name: "from one clock that stands still to another", check: func(r *rig) {
		r.stop("new", true)
		r.accept(r.entry("e1", "old"), r.entry("e2", "new"))
		r.again(r.one("old"), 10*time.Minute)
		r.advance(4 * time.Minute)
		r.stop("old", true)
		r.advance(week)
		r.move("old", "new", queue.Moved{Moved: 1})
		r.none("new")
		r.want("next", r.delivery(r.only("e1")).Next, time.Time{})
		r.advance(week)
		r.stop("old", false)
		r.stop("new", false)
		r.want("age of one that was there", r.one("new").Delivery().Age, time.Duration(0))
		r.want("again", r.none("new"), r.clock.now().Add(6*time.Minute))
		r.advance(6 * time.Minute)
		r.want("age", r.one("new").Delivery().Age, 10*time.Minute)
	}},
	{name: "what has ended stays", check: func(r *rig) {
		var entries []queue.Entry
		for i := range 4 {
			entries = append(entries, r.entry(fmt.Sprint("e", i), "old"))
		}
		r.accept(entries...)
		leases := r.take("old", 3)
		r.deliver(leases[0])
		r.fail(leases[1])
		r.settle(leases[2], event.Skipped, event.Filter)
		r.move("old", "new", queue.Moved{Moved: 1})
		r.want("old", r.lane("old"), queue.Lane{Name: "old", Delivered: 1, Failed: 1, Skipped: 1})
		r.want("listed of old", ids(r.list(queue.Filter{Lanes: []string{"old"}})), []string{"e2", "e1", "e0"})
		r.want("listed of new", ids(r.list(queue.Filter{Lanes: []string{"new"}})), []string{"e3"})
		r.want("listed but of old", ids(r.list(queue.Filter{NotIn: []string{"old"}})), []string{"e3"})
	}},
	{name: "what is leased stays, and can be moved afterwards", check: func(r *rig) {
		r.accept(r.entry("e1", "old"), r.entry("e2", "old"))
		l := r.take("old", 1)[0]
		r.move("old", "new", queue.Moved{Moved: 1, Leased: 1})
		r.again(l, 0)
		r.want("old", r.lane("old").Pending, int64(1))
		r.move("old", "new", queue.Moved{Moved: 1})
		r.want("taken", len(r.take("new", 9)), 2)
	}},
	{name: "no event owes a lane two deliveries", check: func(r *rig) {
		for i, state := range []event.State{event.Pending, event.Delivered, event.Failed, event.Skipped} {
			r.accept(r.entry(fmt.Sprint("e", i), "old", "new"))
			if state != event.Pending {
				r.settle(r.one("new"), state, event.Timeout)
			} else {
				r.again(r.one("new"), week)
			}
		}
		r.accept(r.entry("alone", "old"))
		r.move("old", "new", queue.Moved{Moved: 1, Owed: 4})
		r.want("left", r.lane("old").Pending, int64(4))
		r.want("taken in new", events(r.take("new", 9)), []string{"alone"})
		r.want("taken in old", len(r.take("old", 9)), 4)
	}},
	{name: "nor by way of a third", check: func(r *rig) {
		r.accept(r.entry("e1", "a", "b", "c"))
		r.move("a", "new", queue.Moved{Moved: 1})
		r.move("b", "new", queue.Moved{Owed: 1})
		r.deliver(r.one("new"))
		r.move("c", "new", queue.Moved{Owed: 1})
		r.move("c", "a", queue.Moved{Moved: 1}) // whose own has gone
		_, owed, err := r.Event(r.ctx, "e1")
		r.must(err)
		var webhooks []string
		for _, d := range owed {
			webhooks = append(webhooks, d.Webhook)
		}
		slices.Sort(webhooks)
		r.want("owed", webhooks, []string{"a", "b", "new"})
	}},
	{name: "there and back, and on", check: func(r *rig) {
		r.accept(r.entry("e1", "a"))
		id := r.only("e1")
		for _, way := range [][2]string{{"a", "b"}, {"b", "a"}, {"a", "b"}, {"b", "c"}} {
			r.again(r.one(way[0]), 0)
			r.move(way[0], way[1], queue.Moved{Moved: 1})
			r.reopen()
			r.want("webhook", r.delivery(id).Webhook, way[1])
			r.want("lane", r.lane(way[1]).Pending, int64(1))
			r.want("lane before", r.lane(way[0]).Pending, int64(0))
		}
		l := r.one("c")
		r.want("charged", l.Delivery().Charged, 4)
		r.fail(l)
		_, err := r.Replay(r.ctx, id)
		r.must(err)
		r.deliver(r.one("c"))
		r.want("c", r.lane("c"), queue.Lane{Name: "c", Delivered: 1})
		r.want("a", r.lane("a"), queue.Lane{Name: "a"})
	}},
	{name: "of a moved delivery the next attempt can be due now", check: func(r *rig) {
		r.accept(r.entry("e1", "old"))
		r.again(r.one("old"), time.Hour)
		r.move("old", "new", queue.Moved{Moved: 1})
		d, err := r.Replay(r.ctx, r.only("e1"))
		r.must(err)
		r.want("webhook", d.Webhook, "new")
		r.one("new")
	}},
	{name: "a long line, with one that stays here and there", check: func(r *rig) {
		const n = 2500
		var batch []queue.Entry
		var moved, stayed []string
		for i := range n {
			id := fmt.Sprintf("e%04d", i)
			if i%700 == 0 {
				batch, stayed = append(batch, r.entry(id, "new", "old")), append(stayed, id)
			} else {
				batch, moved = append(batch, r.entry(id, "old")), append(moved, id)
			}
		}
		for chunk := range slices.Chunk(batch, 300) {
			r.accept(chunk...)
			r.advance(time.Second)
		}
		r.want("taken before", len(r.take("new", n)), len(stayed))
		r.stop("old", true)
		r.advance(week)
		r.move("old", "new", queue.Moved{Moved: int64(len(moved)), Owed: int64(len(stayed))})
		r.want("pending", []int64{r.lane("old").Pending, r.lane("new").Pending}, []int64{int64(len(stayed)), n})
		r.want("moved", events(r.take("new", n)), moved)
		r.stop("old", false)
		r.want("stayed", events(r.take("old", n)), stayed)
		r.reopen()
		r.want("after a restart", []int{len(r.take("old", n)), len(r.take("new", n))}, []int{len(stayed), n})
	}},
	{name: "again it does nothing more", check: func(r *rig) {
		r.accept(r.entry("e1", "old"))
		r.move("old", "new", queue.Moved{Moved: 1})
		before := r.everything()
		r.move("old", "new", queue.Moved{})
		r.want("after", r.everything(), before)
		r.move("nobody", "new", queue.Moved{})
		if _, err := r.Move(r.ctx, "new", "new"); err == nil {
			r.Fatal("a lane was moved to itself")
		}
		r.one("new")
	}},
	{name: "not after its time is over", check: func(r *rig) {
		r.accept(r.entry("e1", "old"))
		over, cancel := context.WithCancel(r.ctx)
		cancel()
		got, err := r.Move(over, "old", "new")
		r.wantErr(err, context.Canceled)
		r.want("moved", got, queue.Moved{})
		r.one("old")
	}},
	{name: "moved deliveries go with their time", options: Options{RetainDelivered: time.Hour}, check: func(r *rig) {
		r.accept(r.entry("e1", "old", "other"))
		r.deliver(r.one("other"))
		r.again(r.one("old"), 0)
		r.move("old", "new", queue.Moved{Moved: 1})
		r.advance(2 * time.Hour)
		r.sweep()
		l := r.one("new")
		r.want("event", l.Delivery().Event.ID, "e1")
		r.deliver(l)
		r.advance(2 * time.Hour)
		r.sweep()
		r.want("new", r.lane("new"), queue.Lane{Name: "new"})
		r.want("kept", []any{len(r.list(queue.Filter{})), r.Stats().Bytes}, []any{0, int64(0)})
	}},
}
