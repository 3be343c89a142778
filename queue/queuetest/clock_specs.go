package queuetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func (r *rig) stop(lane string, stopped bool) {
	r.Helper()
	r.must(r.Stop(r.ctx, map[string]bool{lane: stopped}))
}

const week = 7 * 24 * time.Hour

var clockSpecs = []spec{
	{name: "a stopped lane leases nothing", check: func(r *rig) {
		r.accept(r.entry("e1", "crm", "other"))
		r.stop("crm", true)
		r.want("again", r.none("crm"), time.Time{})
		r.want("stopped", r.lane("crm").Stopped, true)
		r.want("next", r.delivery(r.list(queue.Filter{Lanes: []string{"crm"}})[0].ID).Next, time.Time{})
		r.one("other")
		r.stop("crm", false)
		r.want("started", r.lane("crm").Stopped, false)
		r.one("crm")
	}},
	{name: "what is leased stays leased", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		l := r.one("crm")
		r.stop("crm", true)
		r.again(l, time.Minute)
		r.advance(week)
		r.stop("crm", false)
		r.want("again", r.none("crm"), r.clock.now().Add(time.Minute))
	}},
	{name: "due times stand still with the lane", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.again(r.one("crm"), 10*time.Minute)
		r.advance(4 * time.Minute)
		r.stop("crm", true)
		r.advance(week)
		r.stop("crm", false)
		r.want("again", r.none("crm"), r.clock.now().Add(6*time.Minute))
		r.advance(6 * time.Minute)
		r.one("crm")
	}},
	{name: "ages stand still with the lane", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.advance(5 * time.Minute)
		for range 3 {
			r.stop("crm", true)
			r.stop("crm", true) // twice is once
			r.advance(week)
			r.stop("crm", false)
			r.stop("crm", false)
			r.advance(time.Minute)
		}
		r.want("age", r.one("crm").Delivery().Age, 8*time.Minute)
	}},
	{name: "what comes while the lane stands still is new when it starts", check: func(r *rig) {
		r.stop("crm", true) // before there is any delivery
		r.want("lane", r.lane("crm"), queue.Lane{Name: "crm", Stopped: true})
		r.accept(r.entry("e1", "crm"))
		r.advance(week)
		r.accept(r.entry("e2", "crm"))
		r.stop("crm", false)
		r.advance(time.Second)
		leases := r.take("crm", 3)
		r.want("taken", len(leases), 2)
		for i, l := range leases {
			r.want("oldest first", l.Delivery().EventID, fmt.Sprint("e", i+1))
			r.want("age", l.Delivery().Age, time.Second)
		}
	}},
	{name: "a retry is due where the lane's clock says", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.again(r.one("crm"), time.Hour)
		d := r.delivery(r.only("e1"))
		r.want("next", d.Next, r.clock.now().Add(time.Hour))
		r.stop("crm", true)
		r.want("next of a stopped lane", r.delivery(d.ID).Next, time.Time{})
	}},
	{name: "a lane that stood still over a restart", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.again(r.one("crm"), 10*time.Minute)
		r.advance(4 * time.Minute)
		r.stop("crm", true)
		r.advance(time.Hour)
		r.reopen()
		r.advance(week)
		r.want("still stopped", r.lane("crm").Stopped, true)
		r.none("crm")
		r.stop("crm", false)
		r.want("again", r.none("crm"), r.clock.now().Add(6*time.Minute))
		r.reopen()
		r.advance(6 * time.Minute)
		r.want("age", r.one("crm").Delivery().Age, 10*time.Minute)
	}},
	{name: "a running lane ages while the process is down", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.must(r.Close())
		r.advance(3 * time.Hour)
		r.Line = r.open(r.T, r.o)
		r.want("age", r.one("crm").Delivery().Age, 3*time.Hour)
	}},
	{name: "notes", check: func(r *rig) {
		r.must(r.Note(r.ctx, "crm", []byte("suspended: 410")))
		r.want("note", string(r.lane("crm").Note), "suspended: 410")
		r.stop("crm", true)
		r.reopen()
		r.want("note after a restart", string(r.lane("crm").Note), "suspended: 410")
		r.want("stopped", r.lane("crm").Stopped, true)
		r.must(r.Note(r.ctx, "crm", nil))
		r.want("no note", len(r.lane("crm").Note), 0)
		r.must(r.Note(r.ctx, "crm", []byte(strings.Repeat("x", 4096))))
		if r.Note(r.ctx, "crm", []byte(strings.Repeat("x", 4097))) == nil {
			r.Fatal("a note of 4097 bytes was taken")
		}
	}},
	{name: "lanes are listed by name, with the oldest that waits", check: func(r *rig) {
		at := r.clock.now()
		r.accept(r.entry("e1", "b"))
		r.advance(time.Minute)
		r.accept(r.entry("e2", "a", "b"))
		r.again(r.take("b", 1)[0], time.Hour) // still the oldest
		r.must(r.Note(r.ctx, "c", []byte("n")))
		lanes, err := r.Lanes(r.ctx)
		r.must(err)
		r.want("lanes", lanes, []queue.Lane{
			{Name: "a", Pending: 1, Oldest: at.Add(time.Minute)},
			{Name: "b", Pending: 2, Oldest: at},
			{Name: "c", Note: []byte("n")},
		})
		r.fail(r.one("a"))
		r.want("none waits", r.lane("a"), queue.Lane{Name: "a", Failed: 1})
	}},
	{name: "a clock that is set back delays nothing for long", check: func(r *rig) {
		r.accept(r.entry("e1", "crm"))
		r.must(r.Close())
		r.advance(-time.Hour)
		r.Line = r.open(r.T, r.o)
		r.accept(r.entry("e2", "crm"))
		leases := r.take("crm", 2)
		r.want("taken", len(leases), 2)
		for _, l := range leases {
			if age := l.Delivery().Age; age < 0 {
				r.Fatalf("age %v", age)
			}
			r.settle(l, event.Pending, event.Timeout)
		}
		r.want("taken again", len(r.take("crm", 2)), 2)
	}},
}
