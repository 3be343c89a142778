package embedded

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/posternhq/postern/queue"
)

// A slowDisk takes two seconds for each sync of the log, once it is slow.
type slowDisk struct {
	slow  atomic.Bool
	syncs atomic.Int64
}

func (d *slowDisk) String() string { return "slow disk" }

func (d *slowDisk) MaybeError(op errorfs.Op) error {
	isSync := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
	if isSync && d.slow.Load() && strings.HasSuffix(op.Path, ".log") {
		d.syncs.Add(1)
		time.Sleep(2 * time.Second)
	}
	return nil
}

// D13: whoever comes during a sync shares the next one, so throughput holds.
func TestSlowSyncsAreShared(t *testing.T) {
	const callers, rounds = 64, 5
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{}
		l := mustOpen(t, "data", Options{FS: errorfs.Wrap(vfs.NewCrashableMem(), disk)})
		accept(t, l, entryOf("first", "crm"))
		disk.slow.Store(true)
		began := time.Now()
		var all sync.WaitGroup
		for c := range callers {
			all.Go(func() {
				for round := range rounds {
					e := []queue.Entry{entryOf(fmt.Sprint(c, "-", round), "crm")}
					if _, err := l.Accept(context.Background(), e); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		// A call may miss the sync that is under way, never the next one.
		if took, most := time.Since(began), 2*2*time.Second*rounds+2*time.Second; took > most {
			t.Errorf("%d accepted in %v, with %d syncs; at most %v is wanted", callers*rounds, took, disk.syncs.Load(), most)
		}
		disk.slow.Store(false)
		mustClose(t, l)
	})
}
