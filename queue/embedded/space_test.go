package embedded

import (
	"errors"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func TestBelowTheFloorTheDoorIsShutAndDeliveriesSettle(t *testing.T) {
	const total, floor = 1 << 30, (1 << 30) / 20
	var free atomic.Int64
	free.Store(total)
	clock := newFakeClock()
	o := Options{Now: clock.now, Free: func(string) (int64, int64, error) { return free.Load(), total, nil }}
	l := openMem(t, o)
	accept(t, l, entryOf("e1", "crm"), entryOf("e2", "crm"))

	free.Store(floor)
	clock.advance(time.Second)
	if _, err := l.Accept(t.Context(), []queue.Entry{entryOf("e3", "crm")}); !errors.Is(err, queue.ErrFull) {
		t.Fatalf("Accept at the floor: %v", err)
	}
	if s := l.Stats(); s.FreeBytes != floor || s.Floor != floor {
		t.Errorf("stats %+v", s)
	}
	for _, lease := range take(t, l, "crm", 5) {
		settle(t, lease, event.Delivered)
	}
	free.Store(floor - 1)
	clock.advance(time.Second)
	if err := l.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lanes, err := l.Lanes(t.Context()); err != nil || lanes[0].Delivered != 0 {
		t.Errorf("history did not give way: %+v, %v", lanes, err)
	}

	free.Store(total)
	clock.advance(time.Second)
	accept(t, l, entryOf("e3", "crm"))
	checkCounts(t, l)
}

func TestAFileSystemThatCannotBeAskedIsFailingAndNotFull(t *testing.T) {
	var failing atomic.Bool
	clock := newFakeClock()
	l := openMem(t, Options{Now: clock.now, Free: func(string) (int64, int64, error) {
		if failing.Load() {
			return 0, 0, syscall.ENOENT // the directory was removed
		}
		return 1 << 30, 1 << 30, nil
	}})
	accept(t, l, entryOf("e1", "crm"))
	for _, lease := range take(t, l, "crm", 1) {
		settle(t, lease, event.Delivered)
	}

	failing.Store(true)
	clock.advance(time.Second)
	_, err := l.Accept(t.Context(), []queue.Entry{entryOf("e2", "crm")})
	if !errors.Is(err, queue.ErrUnavailable) || !errors.Is(err, syscall.ENOENT) || errors.Is(err, queue.ErrFull) {
		t.Errorf("Accept: %v", err)
	}
	if err := l.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lanes, err := l.Lanes(t.Context()); err != nil || lanes[0].Delivered != 1 {
		t.Errorf("history gave way to nothing: %+v, %v", lanes, err)
	}
}

func TestTheFloor(t *testing.T) {
	for _, c := range []struct{ total, floor int64 }{
		{1000, 50}, {10 << 30, 512 << 20}, {1 << 40, 512 << 20},
	} {
		s := space{now: time.Now, ask: func(string) (int64, int64, error) { return 1 << 50, c.total, nil }}
		if _, floor, _ := s.read(); floor != c.floor {
			t.Errorf("floor of %d: %d, want %d", c.total, floor, c.floor)
		}
	}
	if free, total, err := statfs(t.TempDir()); err != nil || free <= 0 || total < free {
		t.Errorf("statfs: %d of %d, %v", free, total, err)
	}
}
