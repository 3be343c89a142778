package embedded

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// Without anything else that is synced, what was settled is on disk soon, so that
// a crash repeats the attempts of a moment only.
func TestWhatIsSettledIsSoonOnDisk(t *testing.T) {
	for name, order := range map[string]queue.Order{"alone": {}, "in an order": queue.OrderOf("contact 7")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fs := vfs.NewCrashableMem()
				l := openMem(t, Options{FS: fs})
				e := entryOf("e1", "crm")
				e.Owed[0].Order = order
				accept(t, l, e)
				settle(t, take(t, l, "crm", 1)[0], event.Delivered)
				time.Sleep(settledWithin)
				synctest.Wait()
				after := openMem(t, Options{FS: fs.CrashClone(vfs.CrashCloneCfg{})})
				if d := onlyDelivery(t, after, "e1"); d.State != event.Delivered {
					t.Errorf("after a crash a moment later it is %s", d.State)
				}
			})
		})
	}
}

func TestNothingIsSyncedAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := mustOpen(t, "data", Options{FS: vfs.NewCrashableMem()})
		accept(t, l, entryOf("e1", "crm"))
		settle(t, take(t, l, "crm", 1)[0], event.Delivered)
		mustClose(t, l)
		if l.arrear.paid() {
			t.Error("a sync is owed by a line that is closed")
		}
	})
}
