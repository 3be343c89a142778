package embedded

import (
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// settledWithin is how long the record of a settled delivery waits to be synced
// with something else. Pebble keeps what is not synced in its own memory until
// there is enough of it: without this, the kill of a process that was idle for
// hours would bring back what it had delivered last.
const settledWithin = 20 * time.Millisecond

// An arrear is whether a sync is owed to what was settled.
type arrear struct {
	mu    sync.Mutex
	timer *time.Timer // nil: none is
}

// owe has what was settled synced soon, unless that is so already.
func (a *arrear) owe(l *Line) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer == nil {
		a.timer = time.AfterFunc(settledWithin, l.syncSettled)
	}
}

// paid tells whether a sync was owed, which it is no more.
func (a *arrear) paid() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	owed := a.timer != nil
	if owed {
		a.timer.Stop()
		a.timer = nil
	}
	return owed
}

// written is called after each record of a settled delivery.
func (l *Line) written() { l.arrear.owe(l) }

// syncSettled brings to disk what was settled. A failure breaks the line, and
// shows in the next call.
func (l *Line) syncSettled() {
	if !l.arrear.paid() || l.pass() != nil {
		return
	}
	defer l.leave()
	_ = l.applyWithMark(l.batch(), pebble.Sync)
}

const markEvery = time.Second

// spareSync takes the sync that is owed for paid by one that is about to begin. The
// mark that would come with it is written now and then all the same.
func (l *Line) spareSync() {
	if l.clock.read()-l.marked.Load() < int64(markEvery) {
		l.arrear.paid()
	}
}
