package outbound

import (
	"time"

	"golang.org/x/time/rate"
)

const ratePrecision = 100 // a burst is a hundredth of a second's worth

// free is how many attempts the lane may begin now, or how long it has to wait
// for the first.
func (l *Lanes) free(n *lane, w *Webhook) (int, time.Duration) {
	now, held := time.Now(), l.places.holds(&n.share)
	l.mu.Lock()
	allowed := n.circuit.allows(now, held)
	l.mu.Unlock()
	free := min(max(w.Concurrency, 1), allowed.most) - held
	if free <= 0 {
		return 0, allowed.nap(now)
	}
	limit := rate.Inf
	if w.RateLimit > 0 {
		limit = w.RateLimit
	}
	limit = min(limit, allowed.limit)
	if n.limiter.Limit() != limit {
		n.limiter.SetLimitAt(now, limit)
		n.limiter.SetBurstAt(now, burst(limit))
	}
	if limit == rate.Inf {
		return free, 0
	}
	tokens := n.limiter.TokensAt(now)
	if tokens < 1 {
		return 0, max(time.Duration((1-tokens)/float64(limit)*float64(time.Second)), shortestNap)
	}
	return min(free, int(tokens)), 0
}

// nap is how long nothing may begin. An attempt that ends kicks.
func (a *allowance) nap(now time.Time) time.Duration {
	if a.until.IsZero() {
		return untilKicked
	}
	return max(a.until.Sub(now), shortestNap)
}

func burst(limit rate.Limit) int {
	if limit == rate.Inf {
		return 1
	}
	return max(int(limit)/ratePrecision, 1)
}

// holdBack makes the whole lane wait, as its receiver asked. One that the lane
// no longer goes to has no say.
func (l *Lanes) holdBack(n *lane, w *Webhook, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	until := time.Now().Add(wait)
	if until.After(n.held) && sameReceiver(w, l.current.Load().plan.Webhooks[n.name]) {
		n.held = until
	}
}

func sameReceiver(a, b *Webhook) bool {
	return a != nil && b != nil && a.Fingerprint == b.Fingerprint
}
