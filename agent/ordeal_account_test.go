package agent_test

import (
	"net/http"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/event"
)

// finish lets the last life deliver everything. What was under way at three kills
// was parked, and is replayed.
func (o *ordeal) finish() {
	o.t.Helper()
	parked := 0
	o.within(20*patience, "everything to go out", func() bool {
		if o.status().Queue.Waiting() > 0 {
			return false
		}
		n := o.replayParked()
		parked += n
		return n == 0
	})
	o.account(parked)
}

// replayParked replays what has failed, for which kills are the only reason.
func (o *ordeal) replayParked() (n int) {
	o.t.Helper()
	o.eachOf("state=failed", func(d *console.Delivery) {
		n++
		if d.Class == nil || *d.Class != event.Crash || o.kills < 3 {
			o.t.Errorf("%s to %s has failed: %+v", d.EventID, d.Webhook, d)
		}
		if status, answer := o.ask("POST", "/api/v1/deliveries/"+d.ID+"/replay", "", nil); status >= http.StatusBadRequest {
			o.t.Errorf("replay: %d %s", status, answer)
		}
	})
	return n
}

// account holds what the client was told against what the line says and what the
// receivers saw.
func (o *ordeal) account(parked int) {
	o.t.Helper()
	known := o.known()
	o.mu.Lock()
	defer o.mu.Unlock()
	lost, more := 0, 0
	for id := range o.accepted {
		for _, name := range ordealHooks {
			if d := o.sent[name+" "+id]; !known[name+" "+id] || d == nil || d.answered == 0 {
				lost++
				o.t.Errorf("%s was accepted, and is not delivered to %s", id, name)
			}
		}
	}
	for at, d := range o.sent {
		if d.answered > 0 {
			more += d.answered - 1
		}
		if !known[at] {
			o.t.Errorf("%s was sent, and is not known", at)
		}
	}
	if len(known) != len(o.accepted)*len(ordealHooks) {
		o.t.Errorf("%d deliveries are known, of %d events for %d webhooks", len(known), len(o.accepted), len(ordealHooks))
	}
	const underWay = 256 // at most, by max_in_flight
	if more > o.kills*underWay {
		o.t.Errorf("%d duplicates", more)
	}
	o.t.Logf("%d ends; %d events accepted, %d posts of known ones; %d requests; %d lost, %d duplicates, %d parked",
		o.kills, len(o.accepted), o.repeated, o.requests, lost, more, parked)
}

// known are the deliveries that the line has, which have all been delivered.
func (o *ordeal) known() map[string]bool {
	o.t.Helper()
	known := make(map[string]bool)
	o.eachDelivery(func(d *console.Delivery) {
		at := d.Webhook + " " + d.EventID
		if known[at] {
			o.t.Errorf("%s has two deliveries", at)
		}
		if d.State != event.Delivered {
			o.t.Errorf("%s is %s", at, d.State)
		}
		known[at] = true
	})
	return known
}

// remembers looks for everything that was accepted until now.
func (o *ordeal) remembers() {
	o.t.Helper()
	o.mu.Lock()
	var ids []string
	for id := range o.accepted {
		ids = append(ids, id)
	}
	o.mu.Unlock()
	known := make(map[string]int)
	o.eachDelivery(func(d *console.Delivery) { known[d.EventID]++ })
	for _, id := range ids {
		if known[id] != len(ordealHooks) {
			o.t.Errorf("after end %d: %s was accepted, and has %d deliveries", o.kills, id, known[id])
		}
	}
}
