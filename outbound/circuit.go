package outbound

import (
	"math"
	"time"

	"golang.org/x/time/rate"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// Circuit says when a receiver that fails is left alone. The zero value never does.
type Circuit struct {
	Failures   int           // in a row, over two deliveries or more; 0: no circuit
	ProbeAfter time.Duration // before the first probe, doubling to
	MaxWait    time.Duration // the first wait is no longer either
}

// first is the wait before the first probe.
func (s Circuit) first() time.Duration { return min(s.ProbeAfter, s.MaxWait) }

// A circuit is what a lane knows of its receiver's health. Closed, it counts
// failures in a row. Open, it lets through one attempt at a time, the probe, and
// waits longer after each that fails; an answer closes it into a ramp. It is
// told the time, and guarded by Lanes.mu.
type circuit struct {
	of string // fingerprint of the webhook that it is about; empty: of none yet

	row     int    // failures in a row
	first   string // the delivery that began the row
	several bool   // another one is in it

	opened  time.Time // zero: it is closed
	reason  string    // for people
	wait    time.Duration
	probe   time.Time // none before
	probing bool

	closed time.Time // when it last was, for the ramp; zero: there is none
}

// A hearing is what the end of an attempt tells about the receiver.
type hearing int

const (
	nothing  hearing = iota // it was not asked
	unclear                 // it was asked, and what came says neither
	answered                // with a status below 500, or with what counts as success
	failed
)

// hear reads how an attempt ended.
func hear(o *queue.Outcome) hearing {
	switch a := o.Attempt; {
	case a == nil:
		return nothing
	case a.Status > 0 && a.Status < 500 || o.State == event.Delivered:
		return answered
	case a.Status > 0:
		return failed
	default:
		return hearClass(a.Class)
	}
}

func hearClass(c event.Class) hearing {
	switch c {
	case event.DNS, event.Refused, event.Reset, event.Timeout, event.TLS, event.Proxy:
		return failed
	case event.Mapping, event.Filter, event.TooLarge, event.Crash:
		return nothing
	}
	return unclear
}

// A turn is what a hearing changed.
type turn int

const (
	stays turn = iota
	opens
	closes
)

// A trial is one attempt, as the circuit sees it.
type trial struct {
	delivery string
	began    time.Time
	probe    bool
}

// learn takes in how an attempt ended. Of the failures only those count that
// say something of now: in an open circuit the probe's, in a closed one those of
// attempts that began after it closed.
func (c *circuit) learn(t trial, h hearing, s Circuit, now time.Time) turn {
	if t.probe {
		c.probing = false
	}
	switch {
	case h == answered && c.isOpen():
		c.close(now)
		return closes
	case h == answered:
		c.row = 0
	case c.isOpen() && t.probe && h != nothing:
		if h == failed {
			c.wait = min(2*c.wait, s.MaxWait)
		}
		c.probe = now.Add(c.wait)
	case h == failed && !c.isOpen() && !t.began.Before(c.closed):
		return c.count(t.delivery, s, now)
	}
	return stays
}

// count adds a failure to the row of a closed circuit.
func (c *circuit) count(delivery string, s Circuit, now time.Time) turn {
	if c.row == 0 {
		c.first, c.several = delivery, false
	}
	c.row++
	c.several = c.several || delivery != c.first
	if s.Failures <= 0 || c.row < s.Failures || !c.several {
		return stays
	}
	c.opened, c.wait = now, s.first()
	c.probe = now.Add(c.wait)
	return opens
}

func (c *circuit) isOpen() bool { return !c.opened.IsZero() }

// close begins the ramp.
func (c *circuit) close(now time.Time) { *c = circuit{of: c.of, closed: now} }

// The ramp after a circuit closes: so many attempts at once, and begun in a
// second; each step doubles both. After the last there is no limit but the
// webhook's own.
const (
	rampStep  = time.Second
	rampSteps = 10
	rampOnce  = 1
	rampRate  = 10
)

// An allowance is what the circuit lets begin.
type allowance struct {
	most  int        // attempts at once
	limit rate.Limit // of attempts a second
	until time.Time  // when it will be another; zero: that is not a matter of time
}

// allows says what may begin now. In an open circuit that is one attempt more
// than are under way, once the time of the probe has come.
func (c *circuit) allows(now time.Time, underWay int) allowance {
	switch {
	case c.isOpen() && c.probing:
		return allowance{limit: rate.Inf}
	case c.isOpen() && c.probe.After(now):
		return allowance{limit: rate.Inf, until: c.probe}
	case c.isOpen():
		return allowance{most: underWay + 1, limit: rate.Inf}
	}
	step := int(now.Sub(c.closed) / rampStep)
	if c.closed.IsZero() || step >= rampSteps {
		return allowance{most: math.MaxInt, limit: rate.Inf}
	}
	return allowance{most: rampOnce << step, limit: rate.Limit(int(rampRate) << step), until: c.closed.Add(time.Duration(step+1) * rampStep)}
}

// begin notes that an attempt begins, and tells whether it is a probe.
func (c *circuit) begin(now time.Time) (probe bool) {
	if !c.isOpen() || c.probing || c.probe.After(now) {
		return false
	}
	c.probing = true
	return true
}
