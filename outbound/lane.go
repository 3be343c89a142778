package outbound

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	longestNap  = time.Minute // then the line is asked again: clocks are set, machines sleep
	shortestNap = time.Millisecond
	untilKicked = time.Duration(math.MaxInt64)
	longestTurn = time.Minute // of a loop: what takes longer is stuck
)

// A lane is one webhook's way out. Its goroutine takes what is due; it begins
// when the lane is woken and ends when nothing is due or waiting.
type lane struct {
	name   string
	making string // of an attempt for it, as the pulse is told
	kicked chan struct{}

	// Under Lanes.mu.
	serving bool      // its goroutine is there, or about to be
	due     bool      // something may be due
	next    time.Time // when something will be; zero: nothing waits
	held    time.Time // by Retry-After
	circuit circuit
	noted   *mark // of the circuit, as the line knows it; nil: closed

	share share // of the places: one for each attempt under way

	// Under Lanes.order.
	clock clock

	// Its goroutine's own.
	limiter  *rate.Limiter
	failures int // of the line, in a row
	vain     int // times in a row that the line had nothing, and said it would have by now
}

func newLane(name string) *lane {
	return &lane{name: name, making: "make an attempt for " + name, kicked: make(chan struct{}, 1), limiter: rate.NewLimiter(rate.Inf, 1)}
}

// kick makes the lane's goroutine look again, if there is one.
func (n *lane) kick() {
	select {
	case n.kicked <- struct{}{}:
	default:
	}
}

// serve is the goroutine of a lane.
func (l *Lanes) serve(ctx, attempts context.Context, all *sync.WaitGroup, n *lane) {
	nap := time.NewTimer(0)
	defer nap.Stop()
	for ctx.Err() == nil {
		wait := l.step(ctx, attempts, all, n)
		if l.rests(n) {
			return
		}
		nap.Reset(wait)
		select {
		case <-ctx.Done():
		case <-n.kicked:
		case <-nap.C:
		}
	}
}

// step takes what may be taken now, begins its attempts, and says how long
// there is nothing more to do unless something changes. No place is held while
// the lane waits for anything but a place.
func (l *Lanes) step(ctx, attempts context.Context, all *sync.WaitGroup, n *lane) time.Duration {
	l.remember(n)
	if wait := l.look(n); wait > 0 {
		return wait
	}
	// The plan is read after the flag was taken down, so that a change in
	// between puts it up again.
	d := l.current.Load()
	w := l.moving(d, n.name)
	if w == nil {
		return untilKicked
	}
	free, wait := l.free(n, w)
	if wait > 0 {
		l.later(n)
		return wait
	}
	if l.places.take(ctx, &n.share) != nil {
		return untilKicked
	}
	if !l.still(n, d) { // the wait may have been long
		l.places.give(&n.share, 1)
		l.later(n)
		return 0
	}
	return l.take(ctx, attempts, all, n, d, w, 1+l.places.more(&n.share, free-1))
}

// look takes the flag down and says how long nothing is due.
func (l *Lanes) look(n *lane) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !n.due && (n.next.IsZero() || n.next.After(now)) {
		return n.nap(now)
	}
	if n.held.After(now) {
		return n.held.Sub(now)
	}
	n.due, n.next = false, time.Time{}
	return 0
}

func (n *lane) nap(now time.Time) time.Duration {
	if n.next.IsZero() {
		return untilKicked
	}
	return max(n.next.Sub(now), shortestNap)
}

// expect notes when to ask the line again. A line that has nothing now but says
// that it has is asked less and less often.
func (n *lane) expect(again time.Time, leased int) time.Duration {
	now := time.Now()
	n.vain++
	if leased > 0 || again.After(now) {
		n.vain = 0
	}
	switch n.next = again; {
	case again.IsZero():
	case n.vain > 0:
		n.next = now.Add(shortestNap << min(n.vain, 10))
	case again.Sub(now) > longestNap:
		n.next = now.Add(longestNap)
	}
	if n.due {
		return 0
	}
	return n.nap(now)
}

// still tells whether a lane may go on by a plan: no other is in force, its
// receiver has not asked for a pause or for nothing any more, and its circuit
// has not opened.
func (l *Lanes) still(n *lane, d *Draft) bool {
	l.mu.Lock()
	now := time.Now()
	ready := !n.held.After(now) && n.circuit.allows(now, 0).most > 0
	l.mu.Unlock()
	return ready && l.current.Load() == d && l.moving(d, n.name) != nil
}

// take leases at most want deliveries, for which the lane has places, and
// begins their attempts.
func (l *Lanes) take(ctx, attempts context.Context, all *sync.WaitGroup, n *lane, d *Draft, w *Webhook, want int) time.Duration {
	turn := l.pulse.Turn("take from the line", longestTurn)
	leases, again, err := l.line.Take(n.name, want)
	turn.End()
	if err != nil || ctx.Err() != nil {
		return l.giveBack(n, leases, want, err)
	}
	l.places.give(&n.share, want-len(leases))
	l.lineWell()
	n.failures = 0
	n.limiter.AllowN(time.Now(), len(leases))
	l.mu.Lock()
	n.due = n.due || len(leases) == want
	wait := n.expect(again, len(leases))
	probe := len(leases) > 0 && n.circuit.begin(time.Now())
	l.mu.Unlock()
	for _, lease := range leases {
		l.crew.do(ctx, all, func() {
			l.attempt(attempts, d, w, n, lease, probe)
			l.places.give(&n.share, 1)
			n.kick()
		})
	}
	return wait
}

// later puts the flag up again: what was due could not be taken yet.
func (l *Lanes) later(n *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n.due = true
}

// rests ends the lane's goroutine when nothing is due or waiting.
func (l *Lanes) rests(n *lane) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.due || !n.next.IsZero() {
		return false
	}
	n.serving = false
	return true
}
