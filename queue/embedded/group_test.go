package embedded

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/posternhq/postern/queue"
)

// A crowd is some callers of Accept, of whom all but the first come while its sync
// lasts.
type crowd struct {
	l     *Line
	syncs *countedSyncs
	fail  atomic.Bool // syncs do, from now on
	all   sync.WaitGroup
	mu    sync.Mutex
	errs  []error
}

func (c *crowd) String() string { return "crowd" }

func (c *crowd) MaybeError(op errorfs.Op) error {
	isSync := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
	if err := c.syncs.MaybeError(op); err != nil || !isSync || !c.fail.Load() {
		return err
	}
	return syscall.EIO
}

// gather begins the first call and, while its sync lasts, one for each of entries. It
// is to be called in a bubble, and returns when all of them wait.
func gather(t *testing.T, entries []queue.Entry) *crowd {
	t.Helper()
	c := &crowd{syncs: &countedSyncs{}}
	c.l = mustOpen(t, "data", Options{FS: errorfs.Wrap(vfs.NewMem(), c)})
	t.Cleanup(func() { _ = c.l.Close() }) // of a broken one it says why it is
	accept(t, c.l, entryOf("lane", "crm"))
	c.syncs.n.Store(0)
	c.syncs.begun, c.syncs.hold = make(chan struct{}, 1000), make(chan struct{})
	for _, e := range append([]queue.Entry{entryOf("first", "crm")}, entries...) {
		c.all.Go(func() {
			_, err := c.l.Accept(t.Context(), []queue.Entry{e})
			c.mu.Lock()
			defer c.mu.Unlock()
			c.errs = append(c.errs, err)
		})
		synctest.Wait()
	}
	return c
}

// together is how many will share the last batch.
func (c *crowd) together() int {
	c.l.together.mu.Lock()
	defer c.l.together.mu.Unlock()
	return len(c.l.together.open.intakes)
}

// end lets the first sync end, and with fail no other.
func (c *crowd) end(fail bool) {
	c.syncs.hold <- struct{}{}
	synctest.Wait()
	c.fail.Store(fail)
	close(c.syncs.hold)
	c.all.Wait()
}

func several(n int) (entries []queue.Entry) {
	for i := range n {
		entries = append(entries, entryOf(fmt.Sprint("e", i), "crm"))
	}
	return entries
}

// large are several of which two have room in a group.
func large(n int) []queue.Entry {
	entries := several(n)
	for i := range entries {
		entries[i].Event.Data = []byte(`"` + strings.Repeat("x", mostTogether*2/5) + `"`)
	}
	return entries
}

func TestWhoComesDuringASyncSharesTheNextBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, several(20))
		if n := c.together(); n != 20 {
			t.Errorf("%d wait together", n)
		}
		c.end(false)
		if err := errors.Join(c.errs...); err != nil {
			t.Fatal(err)
		}
		if n := c.syncs.n.Load(); n != 2 {
			t.Errorf("%d syncs", n)
		}
		checkCounts(t, c.l)
		leases := take(t, c.l, "crm", 100)
		if len(leases) != 22 {
			t.Errorf("%d deliveries are there", len(leases))
		}
		for i, s := range leases[2:] { // as they came
			if id := s.Delivery().EventID; id != fmt.Sprint("e", i) {
				t.Errorf("%s is at %d", id, i)
			}
		}
	})
}

func TestAFailureReachesAllOfABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, several(20))
		c.end(true)
		failed := 0
		for _, err := range c.errs {
			if errors.Is(err, queue.ErrUnavailable) {
				failed++
			} else if err != nil {
				t.Error(err)
			}
		}
		if failed != 20 {
			t.Errorf("%d of 20 are told", failed)
		}
		var kept int64
		for _, n := range c.l.byNum {
			kept += n.counts.bytes
		}
		if got := c.l.Stats().Bytes; got != kept {
			t.Errorf("%d bytes are counted, %d are kept", got, kept)
		}
	})
}

// On a slow disk large batches would otherwise go there one at a time.
func TestBehindALargeBatchNobodyWaitsForItsSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, large(4))
		c.syncs.hold <- struct{}{} // that of the first one; those of the large ones last
		synctest.Wait()
		if c.l.together.open != nil {
			t.Errorf("%d wait for the sync of others", c.together())
		}
		c.end(false)
		if err := errors.Join(c.errs...); err != nil {
			t.Fatal(err)
		}
		checkCounts(t, c.l)
		if n := len(take(t, c.l, "crm", 100)); n != 6 {
			t.Errorf("%d deliveries are there", n)
		}
	})
}

func TestABatchHasABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, large(4))
		if n := c.together(); n != 2 {
			t.Errorf("%d wait together; two of them have room", n)
		}
		c.end(false)
		if err := errors.Join(c.errs...); err != nil {
			t.Fatal(err)
		}
		if n := len(take(t, c.l, "crm", 100)); n != 6 {
			t.Errorf("%d deliveries are there", n)
		}
	})
}
