package agent_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/event"
)

// account holds what the client was promised against what the line says and what
// the receivers got.
func (s *soak) account() {
	s.t.Helper()
	known, ended := s.known()
	for id, p := range s.accepted {
		if len(known[id]) != p.deliveries || p.deliveries != s.owed(p.typ) {
			s.t.Errorf("%s: %d deliveries, the 202 said %d", id, len(known[id]), p.deliveries)
		}
	}
	if len(known) != len(s.accepted) || len(known) != s.posted {
		s.t.Errorf("%d events were posted, %d accepted, %d are known", s.posted, len(s.accepted), len(known))
	}
	requests, more := 0, 0
	for _, f := range s.flappers {
		more += s.accountOf(f, known)
		requests += f.asked
		s.t.Logf("%10s: %d requests for %d events", f.name, f.asked, len(f.got))
	}
	s.t.Logf("%d events, %d posts of known ones, %d configurations", len(s.accepted), s.repeated, s.force)
	s.t.Logf("%d requests, %d of them answered well in vain: %d delivered, %d failed by the rules", requests, more, ended[event.Delivered], ended[event.Failed])
	alone, beside := s.latency(solo), s.latency(all)
	s.t.Logf("99th percentiles alone: %v; beside the others: %v; × %.2f", alone, beside, float64(beside.arrival)/float64(alone.arrival))
}

// known are all deliveries that the line has, by event and webhook, and how many
// are in each state.
func (s *soak) known() (known map[string]map[string]*console.Delivery, ended map[event.State]int) {
	s.t.Helper()
	known, ended = make(map[string]map[string]*console.Delivery), make(map[event.State]int)
	s.eachDelivery(func(d *console.Delivery) {
		if known[d.EventID] == nil {
			known[d.EventID] = make(map[string]*console.Delivery)
		}
		if _, twice := known[d.EventID][d.Webhook]; twice {
			s.t.Errorf("%s has two deliveries to %s", d.EventID, d.Webhook)
		}
		known[d.EventID][d.Webhook] = d
		ended[d.State]++
	})
	return known, ended
}

// owed is how many webhooks an event of a type is for.
func (s *soak) owed(typ string) int {
	if typ == solo {
		return 1
	}
	return len(s.flappers)
}

// accountOf is account for one receiver. It returns how many answers came to
// nothing, because the attempt was cut off.
func (s *soak) accountOf(f *flapper, known map[string]map[string]*console.Delivery) (more int) {
	s.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, mistake := range f.mistakes {
		s.t.Errorf("%s: %s", f.name, mistake)
	}
	for id := range f.got {
		if known[id][f.name] == nil {
			s.t.Errorf("%s got %s, which was not accepted for it", f.name, id)
		}
	}
	for id, of := range known {
		d, got := of[f.name], f.got[id]
		switch {
		case d == nil: // it was owed nothing
		case d.State == event.Delivered && (got == nil || got.answered == 0):
			s.t.Errorf("%s to %s is delivered, and was not answered", id, f.name)
		case d.State == event.Delivered && got.answered == 1:
		default:
			more += s.explain(f, d, got)
		}
	}
	return more
}

// explain wants a reason for a delivery that failed, or that a receiver answered
// well more than once. It returns how many such answers there were.
func (s *soak) explain(f *flapper, d *console.Delivery, got *arrival) (more int) {
	s.t.Helper()
	var shown console.Delivery
	s.ask("GET", "/api/v1/deliveries/"+d.ID, "", &shown)
	if len(shown.Attempts) == 0 {
		s.t.Errorf("%s to %s is %s, without an attempt", d.EventID, f.name, d.State)
		return 0
	}
	if got != nil {
		more = got.answered
	}
	if d.State == event.Delivered {
		more--
	} else if !failedByTheRules(f, &shown) {
		s.t.Errorf("%s to %s is %s after %d attempts: %+v", d.EventID, f.name, d.State, len(shown.Attempts), shown)
	}
	cut := 0
	for _, a := range shown.Attempts {
		if a.Class == event.Timeout || a.Class == event.Reset {
			cut++
		}
	}
	if more > cut {
		s.t.Errorf("%s was answered well by %s, %d times too often, with %d attempts cut off", d.EventID, f.name, more, cut)
	}
	return more
}

// failedByTheRules tells whether the schedule was used up, or the receiver wanted
// nothing any more.
func failedByTheRules(f *flapper, d *console.Delivery) bool {
	last := d.Attempts[len(d.Attempts)-1]
	usedUp := len(d.Attempts) == len(f.waits)+1 && last.Class != event.OK
	gone := f.name == "leaving" && last.Class == event.Gone
	return d.State == event.Failed && *d.Class == last.Class && (usedUp || gone)
}

// latency is how long events of a type took, at the 99th percentile.
type latency struct {
	promise time.Duration // from the post to the 202
	arrival time.Duration // and to the healthy receiver
}

func (l latency) String() string {
	return fmt.Sprintf("%v to the healthy receiver, %v to the 202", l.arrival, l.promise)
}

func (s *soak) latency(typ string) latency {
	s.t.Helper()
	var promises, arrivals []time.Duration
	healthy := s.flappers[0]
	for id, p := range s.accepted {
		if p.typ == typ && healthy.got[id] != nil {
			promises = append(promises, p.took)
			arrivals = append(arrivals, healthy.got[id].first.Sub(p.at))
		}
	}
	if len(arrivals) == 0 {
		s.t.Fatalf("no %s event arrived", typ)
	}
	slices.Sort(promises)
	slices.Sort(arrivals)
	at := len(arrivals) * 99 / 100
	return latency{promises[at], arrivals[at]}
}
