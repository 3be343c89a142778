package outbound

import (
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/queue"
)

const (
	firstBackoff = 100 * time.Millisecond // of a line that fails
	lastBackoff  = 5 * time.Second
)

// giveBack ends a taking from which nothing begins: the line fails, or it is too
// late.
func (l *Lanes) giveBack(n *lane, leases []queue.Lease, places int, err error) time.Duration {
	for _, lease := range leases {
		l.release(lease)
	}
	l.places.give(&n.share, places)
	if err == nil {
		return untilKicked
	}
	l.lineFailed(err)
	l.later(n)
	n.failures++
	return backoff(n.failures)
}

func (l *Lanes) lineFailed(err error) {
	if !l.failing.Swap(true) {
		l.log.Warn("the queue does not answer; trying again", zap.Error(err))
	}
}

func (l *Lanes) lineWell() {
	if l.failing.Load() && l.failing.Swap(false) {
		l.log.Info("the queue answers again")
	}
}

func (l *Lanes) release(lease queue.Lease) {
	if err := lease.Release(); err != nil {
		// It is as good as released: what is not settled is due again.
		l.log.Warn("a lease could not be given back", zap.String("delivery_id", lease.Delivery().ID), zap.Error(err))
	}
}

func backoff(failures int) time.Duration {
	return min(firstBackoff<<min(failures-1, 10), lastBackoff)
}
