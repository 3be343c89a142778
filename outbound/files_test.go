package outbound

import (
	"testing"
	"testing/synctest"
	"time"
)

// Of the files that a process may have, attempts take a quarter at most, and
// connections that wait for reuse a sixteenth a pool, whatever is asked for.
func TestFilesBoundWhatGoesOut(t *testing.T) {
	for _, tt := range []struct{ files, asked, attempts, idle int }{
		{0, 100, 100, mostIdle},
		{1 << 20, 100, 100, mostIdle},
		{256, 100, 64, 16},
		{256, 10, 10, 16},
		{2, 10, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, slow(time.Minute), func(o *Options) { o.Files = tt.files })
			h := hook(t, "w", "http://w/")
			h.Concurrency, h.Timeout = tt.asked, 2*time.Minute
			p := plan(h)
			p.Egress.MaxInFlight = tt.asked
			w.run(p)
			w.pile(tt.asked, "w")
			w.wait(time.Second)
			if got := w.receiver.peak("w"); got != tt.attempts {
				t.Errorf("%d files: %d attempts at once, want %d", tt.files, got, tt.attempts)
			}
			if got := w.lanes.current.Load().clients.ways[""].http.(*pool).most; got != tt.idle {
				t.Errorf("%d files: %d connections at rest, want %d", tt.files, got, tt.idle)
			}
			w.wait(time.Hour)
			if got := len(w.receiver.requests()); got != tt.asked {
				t.Errorf("%d files: %d of %d came in", tt.files, got, tt.asked)
			}
		})
	}
}
