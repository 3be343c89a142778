package outbound

import (
	"time"

	"github.com/posternhq/postern/event"
)

// A Course is how a delivery goes on after an attempt.
type Course struct {
	Class event.Class   // of the attempt
	State event.State   // Delivered, Failed, or Pending: there is another attempt
	Wait  time.Duration // before that
	Why   string        // for people, where the status does not say all of it
}

// A Past is what a delivery has behind it when an attempt ends.
type Past struct {
	Charged int           // attempts that count against the schedule, without this one
	Age     time.Duration // in the time of its lane
	Hold    time.Duration // for which the receiver asks; 0: it doesn't
	Jitter  float64       // of the wait, from 0 up to 1
}

// Judge says how a delivery goes on after an answer. Of class Gone, its webhook
// is suspended besides.
func (p *Plan) Judge(w *Webhook, r Reply, past Past) (c Course) {
	class, v, why := judge(w, r)
	switch v {
	case delivered:
		c = Course{Class: class, State: event.Delivered}
	case lost, gone:
		c = Course{Class: class, State: event.Failed}
	default:
		c = p.again(w, class, past)
	}
	c.Why = why
	return c
}

// again lets a delivery wait for its next attempt, or fail when it had its last.
func (p *Plan) again(w *Webhook, class event.Class, past Past) Course {
	wait, ok := w.Retry.wait(past.Charged+1, past.Jitter)
	if !ok {
		return Course{Class: class, State: event.Failed}
	}
	wait = max(wait, past.Hold)
	if p.MaxAge > 0 {
		wait = max(min(wait, p.MaxAge-past.Age), 0) // to fail in time, not late
	}
	return Course{Class: class, State: event.Pending, Wait: wait}
}

// Expired tells whether a delivery is too old for its next attempt. None is
// before its first.
func (p *Plan) Expired(charged int, age time.Duration) bool {
	return p.MaxAge > 0 && age >= p.MaxAge && charged > 0
}
