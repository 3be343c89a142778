package embedded

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A moment is a call, whose process or machine ends before or after each of the
// file operations that it leads to.
type moment struct {
	name    string
	call    func(context.Context, *Line, []queue.Lease) error
	promise bool // it is on disk when the call returns
	least   int  // file operations
}

// allMoments meet a line in which crm has e1, leased, e2 that has failed and e3 that
// was delivered, both long ago, and e4 and e5, one after the other.
var allMoments = []moment{
	{"accept", func(ctx context.Context, l *Line, _ []queue.Lease) error {
		_, err := l.Accept(ctx, []queue.Entry{entryOf("new", "crm", "erp"), entryOf("newer", "crm")})
		return err
	}, true, 2},
	{"settle, delivered", func(ctx context.Context, l *Line, leases []queue.Lease) error {
		err := leases[0].Settle(ctx, queue.Outcome{State: event.Delivered, Class: event.OK})
		return errors.Join(err, l.applyWithMark(l.batch(), pebble.Sync))
	}, true, 2},
	{"settle, in an order", func(ctx context.Context, l *Line, leases []queue.Lease) error {
		err := leases[1].Settle(ctx, queue.Outcome{State: event.Failed, Class: event.Status, Hold: true})
		return errors.Join(err, l.applyWithMark(l.batch(), pebble.Sync))
	}, true, 2},
	{"replay", func(ctx context.Context, l *Line, _ []queue.Lease) error {
		_, owed, err := l.Event(ctx, "e2")
		if err == nil {
			_, err = l.Replay(ctx, owed[0].ID)
		}
		return err
	}, true, 2},
	{"move", func(ctx context.Context, l *Line, _ []queue.Lease) error {
		_, err := l.Move(ctx, "erp", "other")
		return err
	}, true, 2},
	{"suspension", func(ctx context.Context, l *Line, _ []queue.Lease) error {
		return l.Note(ctx, "crm", []byte("gone"))
	}, true, 2},
	{"pause", func(ctx context.Context, l *Line, _ []queue.Lease) error {
		return l.Stop(ctx, map[string]bool{"crm": true})
	}, true, 2},
	{"flush", func(_ context.Context, l *Line, _ []queue.Lease) error {
		return l.store.db.Flush()
	}, false, 5},
	{"retention", func(ctx context.Context, l *Line, _ []queue.Lease) error {
		if err := l.Sweep(ctx); err != nil {
			return err
		}
		return l.store.db.Flush()
	}, false, 5},
	{"stop", func(_ context.Context, l *Line, _ []queue.Lease) error { return l.Close() }, true, 4},
}

// Whatever the moment, a line is found as it was before the call or as it is after
// it, and after what was answered for only the latter.
func TestABlackoutAtEachMoment(t *testing.T) {
	long(t)
	for _, m := range allMoments {
		t.Run(m.name, func(t *testing.T) {
			for k := 1; ; k++ {
				out, before, after := m.play(t, k)
				if !out.over() { // it comes when the call has returned
					if k <= m.least {
						t.Errorf("only %d file operations", k-1)
					}
					if m.promise {
						left := out.files.CrashClone(vfs.CrashCloneCfg{})
						m.look(t, "power cut after the end", left, after)
					}
					return
				}
				for how, left := range out.left {
					m.look(t, how, left, before, after)
				}
			}
		})
	}
}

// play makes the call with a blackout at its k-th file operation.
func (m *moment) play(t *testing.T, k int) (out *blackout, before, after picture) {
	t.Helper()
	files, clock := vfs.NewCrashableMem(), newFakeClock()
	out = &blackout{files: files, of: changes, k: k, rng: seeded(k)}
	l := mustOpen(t, "data", Options{FS: errorfs.Wrap(files, out), Now: clock.now, RetainDelivered: time.Hour, RetainFailed: time.Hour})
	defer func() { mustClose(t, l) }()
	accept(t, l, entryOf("e2", "crm"), entryOf("e3", "crm"))
	leases := take(t, l, "crm", 2)
	settle(t, leases[0], event.Failed)
	settle(t, leases[1], event.Delivered)
	clock.advance(59 * time.Minute)
	ordered := []queue.Entry{entryOf("e4", "crm"), entryOf("e5", "crm")}
	for i := range ordered {
		ordered[i].Owed[0].Order = queue.OrderOf("contact 7")
	}
	accept(t, l, append([]queue.Entry{entryOf("e1", "crm"), entryOf("e6", "erp")}, ordered...)...)
	leases = take(t, l, "crm", 5)
	if m.name == "retention" {
		clock.advance(10 * time.Minute)
	}
	before = pictureOf(t, l)
	out.arm()
	if err := m.call(t.Context(), l, leases); err != nil {
		t.Fatal(err)
	}
	if m.name == "stop" {
		return out, before, before
	}
	return out, before, pictureOf(t, l)
}

// look wants the line to be as it was at one of those moments, and to go on.
func (m *moment) look(t *testing.T, how string, left *vfs.MemFS, as ...picture) {
	t.Helper()
	l := mustOpen(t, "data", Options{FS: left})
	defer mustClose(t, l)
	got, ok := pictureOf(t, l), false
	for _, p := range as {
		ok = ok || maps.Equal(p, got)
	}
	if !ok {
		t.Errorf("%s: the line has %v, want one of %v", how, got, as)
	}
	checkCounts(t, l)
	if m.name != "accept" {
		return
	}
	// The client that had no answer posts again.
	if err := m.call(t.Context(), l, nil); err != nil {
		t.Fatal(err)
	}
	if ids := lost(t, l, map[string]int{"new": 2, "newer": 1}); len(ids) > 0 {
		t.Errorf("%s: posted again, the line lacks %v", how, ids)
	}
}
