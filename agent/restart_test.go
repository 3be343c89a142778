package agent_test

import (
	"testing"
	"time"
)

// The long one, with the program itself, is `make restarts`.
func TestRestartsLoseNothing(t *testing.T) {
	o := newOrdeal(t, t.TempDir())
	o.restarted(3)
}

// restarted stops lives in good order under load, and begins the next one, while
// clients post again what was refused, by a 503 or for want of a door.
func (o *ordeal) restarted(times int) {
	o.t.Helper()
	o.begin()
	o.live()
	end := o.load(4, 5*time.Millisecond)
	for range times {
		o.lasts(200 * time.Millisecond)
		o.now.Stop()
		o.kills++
		o.begin()
		o.live()
	}
	end()
	o.finish()
}
