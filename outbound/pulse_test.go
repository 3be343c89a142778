package outbound

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/pulse"
	"github.com/posternhq/postern/queue"
)

// A hangingLine answers nothing until its gate is opened; nil: at once.
type hangingLine struct {
	queue.Line
	take, settle chan struct{}
}

func (h *hangingLine) Take(lane string, n int) ([]queue.Lease, time.Time, error) {
	wait(h.take)
	leases, again, err := h.Line.Take(lane, n)
	for i, one := range leases {
		leases[i] = &hangingLease{one, h.settle}
	}
	return leases, again, err
}

type hangingLease struct {
	queue.Lease
	gate chan struct{}
}

func (h *hangingLease) Settle(ctx context.Context, o queue.Outcome) error {
	wait(h.gate)
	return h.Lease.Settle(ctx, o)
}

func wait(gate chan struct{}) {
	if gate != nil {
		<-gate
	}
}

func TestALineThatHangsStopsThePulse(t *testing.T) {
	for name, c := range map[string]struct {
		line func(gate chan struct{}) *hangingLine
		want string
	}{
		"take":   {func(gate chan struct{}) *hangingLine { return &hangingLine{take: gate} }, "take from the line"},
		"settle": {func(gate chan struct{}) *hangingLine { return &hangingLine{settle: gate} }, "record an attempt"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := make(chan struct{})
				p := new(pulse.Pulse)
				w := newWorld(t, status(200), func(o *Options) {
					line := c.line(gate)
					line.Line, o.Line, o.Pulse = o.Line, line, p
				}).run(plan(hook(t, "crm", "http://crm/")))
				go p.Run(t.Context())
				id := w.post("crm")[0]
				w.wait(time.Minute)
				if err := p.Stuck(); err != nil {
					t.Errorf("after a minute: %v", err)
				}
				w.wait(10 * time.Second)
				if err := p.Stuck(); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("after more than a minute: %v", err)
				}
				close(gate)
				synctest.Wait()
				if err := p.Stuck(); err != nil {
					t.Errorf("when it goes on: %v", err)
				}
				w.want(id, event.Delivered, event.OK, 1)
			})
		})
	}
}

func TestASlowReceiverDoesNotStopThePulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slowest, waits := hook(t, "slow", "http://slow/"), hook(t, "waits", "http://waits/")
		slowest.Timeout = time.Hour
		one := plan(slowest, waits) // which leaves no place for the other
		one.Egress.MaxInFlight = 1
		p := new(pulse.Pulse)
		w := newWorld(t, slow(30*time.Minute), func(o *Options) { o.Pulse = p }).run(one)
		go p.Run(t.Context())
		w.post("slow")
		synctest.Wait()
		w.post("waits")
		for range 29 {
			w.wait(time.Minute)
			if err := p.Stuck(); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(w.receiver.requests()); n != 1 {
			t.Errorf("%d requests were made, want the slow one only", n)
		}
	})
}

func TestABeatGoesThroughTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, status(200))
		ended := make(chan error, 1)
		ctx, stop := context.WithCancel(t.Context())
		go func() { ended <- w.lanes.Beat(ctx) }()
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("without a loop it ends: %v", err)
		default:
		}
		w.run(plan(hook(t, "crm", "http://crm/")))
		if err := <-ended; err != nil {
			t.Error(err)
		}
		stop()
		if err := w.lanes.Beat(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
