package outbound

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/event"
)

// A receiver that has moved is found at its new address soon, however busy the
// connections to the old one are, and though that still answers.
func TestAReceiverThatHasMovedIsFound(t *testing.T) {
	for name, answer := range map[string]time.Duration{"that answers at once": 0, "that always has an attempt under way": 1500 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hook(t, "crm", "http://crm.test/")
				w := newWorld(t, slow(answer))
				old, moved := newReceiver(t, slow(answer)), atomic.Bool{}
				defer old.close()
				w.lanes.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					if moved.Load() {
						return w.receiver.dial(ctx, network, address)
					}
					return old.dial(ctx, network, address)
				}
				w.run(plan(h))
				var ids []string
				post := func(seconds int) {
					for range seconds {
						ids = append(ids, w.post("crm")...)
						w.wait(time.Second)
					}
				}
				post(100)
				moved.Store(true)
				at := time.Since(w.begin)
				post(100)
				w.wait(time.Minute)
				for _, id := range ids {
					w.want(id, event.Delivered, event.OK, 1)
				}
				times := old.at("")
				if last := times[len(times)-1]; last > at+oldest {
					t.Errorf("the old address still gets requests %s after the move", last-at)
				}
				if n := w.receiver.connections() + old.connections(); n > 0 {
					t.Errorf("%d connections are left", n)
				}
			})
		})
	}
}
