package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

const (
	lookEvery = time.Second // so that a directory that vanishes is noticed within two

	firstReopen = 100 * time.Millisecond // after a failure; doubled until
	lastReopen  = 2 * time.Second

	// longestOutage is how long a storage may fail before the process is no place
	// to wait for it any more: a restart sees mounts that this process does not, and
	// a supervisor sees a restart. Longer than a path of a storage takes to fail
	// over, or a volume to grow.
	longestOutage = 5 * time.Minute
)

// A Keeper is a line that is opened anew, in the same process and under the same
// lock of its directory, when its storage fails. Until then every call returns
// queue.ErrUnavailable. The leases that were out are void: Settle and Release say
// queue.ErrSettled. Their deliveries are due again, each once whoever has the
// lease has ended it, so that no delivery is attempted twice at once.
//
// Keep does that. The rest is as with a Line.
type Keeper struct {
	o    Options
	site *site
	line atomic.Pointer[Line]

	snapshots sync.Mutex // one at a time

	closing sync.Once
	closed  error

	mu      sync.Mutex
	out     map[ref]*kept // leases that have not ended, of this line
	earlier map[ref]*kept // and of those before it
	trouble *Trouble      // nil: all is well
	outage  outage        // Keep's own
}

// Trouble is why a line takes nothing.
type Trouble struct {
	Since time.Time
	Cause error
}

// An outage is how Keep stands with a broken line.
type outage struct {
	failures int       // to open it anew
	next     time.Time // try
	shut     bool      // the broken line is closed
}

var _ queue.Line = (*Keeper)(nil)

// OpenKeeper opens the line in dir, as Open does.
func OpenKeeper(dir string, o Options) (*Keeper, error) {
	o = o.withDefaults()
	s, err := newSite(dir, o)
	if err != nil {
		return nil, err
	}
	s.mends = true
	l, err := s.open(o, nil)
	if err != nil {
		_ = s.lock.Close() // nothing was written under it that could be lost
		return nil, err
	}
	o.Recovering = func() {} // nobody waits for a start any more
	k := &Keeper{o: o, site: s, out: map[ref]*kept{}, earlier: map[ref]*kept{}}
	k.line.Store(l)
	return k, nil
}

// Keep looks after the line until ctx ends: it sees when the directory vanishes or
// the storage fails, and opens the line anew. reopened is called each time that it
// has. An error says why the storage failed for good.
func (k *Keeper) Keep(ctx context.Context, reopened func()) error {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		broken := k.line.Load().Broken()
		if k.Trouble() != nil {
			broken = nil // it is known, and the next try has its time
		}
		select {
		case <-ctx.Done():
			return nil
		case <-broken:
		case <-t.C:
		}
		wait, again, err := k.step()
		if err != nil {
			return err
		}
		if again {
			reopened()
		}
		t.Reset(wait)
	}
}

// step looks once, and does what there is to do. It tells when to look again, and
// whether the line was opened anew.
func (k *Keeper) step() (wait time.Duration, reopened bool, err error) {
	l := k.line.Load()
	if l.store.failure() == nil {
		if err := k.site.look(true); err != nil {
			_ = l.store.breakDown(err)
		} else {
			l.space.tend()
			return lookEvery, false, nil
		}
	}
	if k.noteTrouble(l.store.reason()) {
		return 0, false, nil
	}
	if wait := k.outage.next.Sub(k.o.Now()); wait > 0 {
		return wait, false, nil
	}
	switch err := k.reopen(l); {
	case err == nil:
		k.noteWell()
		return lookEvery, true, nil
	default:
		return k.failed(err)
	}
}

// noteTrouble says once that the line is broken.
func (k *Keeper) noteTrouble(cause error) (first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.trouble != nil {
		return false
	}
	k.trouble, k.outage = &Trouble{k.o.Now(), cause}, outage{}
	k.o.Log.Error("the storage fails; no events are accepted until it is back", zap.Error(cause))
	return true
}

func (k *Keeper) noteWell() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.o.Log.Info("the storage is back; what was under way is due again", zap.Duration("after", k.o.Now().Sub(k.trouble.Since)))
	k.trouble = nil
}

// failed decides whether to go on trying.
func (k *Keeper) failed(err error) (wait time.Duration, reopened bool, final error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.trouble.Cause = err
	lasted := k.o.Now().Sub(k.trouble.Since)
	switch {
	case errors.Is(err, errHangs), errors.Is(err, queue.ErrNewerFormat), isDamage(err):
		return 0, false, fmt.Errorf("the storage failed, and can't be mended while the agent runs: %w", err)
	case lasted >= longestOutage && !isFull(err):
		return 0, false, fmt.Errorf("the storage failed for %s: %w; what was accepted is on disk, and goes on after a restart",
			lasted.Round(time.Second), err)
	}
	k.outage.failures++
	wait = min(firstReopen<<min(k.outage.failures-1, 10), lastReopen)
	k.outage.next = k.o.Now().Add(wait)
	return wait, false, nil
}

// isFull tells of an error that a restart would meet again, and that ends as soon
// as somebody makes room: there is no bound to waiting for that.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// reopen closes the broken line and opens another in its place.
func (k *Keeper) reopen(old *Line) error {
	if !k.outage.shut {
		if err := old.Close(); errors.Is(err, errHangs) {
			return err
		}
		k.outage.shut = true
	}
	if err := k.site.look(false); err != nil {
		return err
	}
	l, err := k.site.open(k.o, old)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.line.Store(l)
	maps.Copy(k.earlier, k.out)
	clear(k.out)
	return nil
}

// Trouble tells why the line takes nothing; nil: it does.
func (k *Keeper) Trouble() *Trouble {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.trouble == nil {
		return nil
	}
	t := *k.trouble
	return &t
}

// Close implements queue.Line. Keep must have returned.
func (k *Keeper) Close() error {
	k.closing.Do(func() {
		k.closed = k.line.Load().Close()
		if !errors.Is(k.closed, errHangs) { // else it stays locked until the process ends
			k.closed = errors.Join(k.closed, k.site.lock.Close())
		}
	})
	return k.closed
}

// Accept implements queue.Line.
func (k *Keeper) Accept(ctx context.Context, entries []queue.Entry) ([]queue.Receipt, error) {
	return k.line.Load().Accept(ctx, entries)
}

// Stop implements queue.Line.
func (k *Keeper) Stop(ctx context.Context, lanes map[string]bool) error {
	return k.line.Load().Stop(ctx, lanes)
}

// Note implements queue.Line.
func (k *Keeper) Note(ctx context.Context, lane string, note []byte) error {
	return k.line.Load().Note(ctx, lane, note)
}

// Move implements queue.Line.
func (k *Keeper) Move(ctx context.Context, from, to string) (queue.Moved, error) {
	return k.line.Load().Move(ctx, from, to)
}

// LetGo implements queue.Line.
func (k *Keeper) LetGo(ctx context.Context, lane string) (int64, error) {
	return k.line.Load().LetGo(ctx, lane)
}

// Lanes implements queue.Line.
func (k *Keeper) Lanes(ctx context.Context) ([]queue.Lane, error) { return k.line.Load().Lanes(ctx) }

// Stats implements queue.Line.
func (k *Keeper) Stats() queue.Stats { return k.line.Load().Stats() }

// Sweep implements queue.Line.
func (k *Keeper) Sweep(ctx context.Context) error { return k.line.Load().Sweep(ctx) }

// Delivery implements queue.Ledger.
func (k *Keeper) Delivery(ctx context.Context, id string) (event.Delivery, error) {
	return k.line.Load().Delivery(ctx, id)
}

// Event implements queue.Ledger.
func (k *Keeper) Event(ctx context.Context, id string) (event.Event, []event.Delivery, error) {
	return k.line.Load().Event(ctx, id)
}

// List implements queue.Ledger.
func (k *Keeper) List(ctx context.Context, f queue.Filter) (queue.Page, error) {
	return k.line.Load().List(ctx, f)
}

// Replay implements queue.Ledger.
func (k *Keeper) Replay(ctx context.Context, id string) (event.Delivery, error) {
	return k.line.Load().Replay(ctx, id)
}

// Repeat implements queue.Ledger.
func (k *Keeper) Repeat(ctx context.Context, id string) (event.Delivery, error) {
	return k.line.Load().Repeat(ctx, id)
}
