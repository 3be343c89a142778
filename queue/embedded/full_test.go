package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

const diskTotal = 64 << 20

// newFullRig is a kept line on a small disk, with so many deliveries waiting.
func newFullRig(t *testing.T, waiting int) (*keptRig, *smallDisk) {
	t.Helper()
	disk, clock := newSmallDisk(diskTotal), newFakeClock()
	r := &keptRig{t: t, fs: disk.FS.(*vfs.MemFS), faults: &faults{}, clock: clock, o: Options{Free: disk.ask, FS: disk, Now: clock.now}}
	k, err := OpenKeeper("data", r.o)
	if err != nil {
		t.Fatal(err)
	}
	r.k = k
	t.Cleanup(func() { mustDo(t, k.Close()) })
	for i := range waiting {
		mustDo(t, r.accepts(fmt.Sprint("e", i)))
	}
	return r, disk
}

// A reserve is in place, and the line looks at the disk.
func (r *keptRig) wantReserve(want bool) {
	r.t.Helper()
	r.clock.advance(lookEvery)
	r.step()
	r.clock.advance(lookEvery)
	info, err := r.fs.Stat("data/" + reserveName)
	if held := err == nil; held != want {
		r.t.Errorf("the reserve is there: %v, want %v", held, want)
	} else if held && info.Size() != reserveOf(diskTotal) {
		r.t.Errorf("the reserve holds %d bytes", info.Size())
	}
}

func (r *keptRig) wantFull() {
	r.t.Helper()
	if err := r.accepts("more"); !errors.Is(err, queue.ErrFull) {
		r.t.Errorf("on a full disk: %v", err)
	}
}

// D05 and G6: others fill the disk to the last byte.
func TestOnAFullDiskDeliveriesGoOnAndTheDoorOpensAgain(t *testing.T) {
	const waiting = 500
	r, disk := newFullRig(t, waiting)
	r.wantReserve(true)
	disk.fill(0)
	r.clock.advance(lookEvery)
	r.wantFull()
	for _, lease := range r.take(waiting / 2) { // Keep has not looked yet: the first write that fails gives the reserve up
		settle(t, lease, event.Delivered)
	}
	if r.broken() {
		t.Fatalf("the line is broken: %v", r.k.line.Load().store.failure())
	}
	r.wantReserve(false)
	r.wantFull()
	for _, lease := range r.take(waiting) {
		settle(t, lease, event.Delivered)
	}
	l := r.k.line.Load()
	if err := l.store.work(func() error { return l.store.db.Flush() }); err != nil || r.broken() {
		t.Errorf("a flush from the reserve: %v", err)
	}
	mustDo(t, r.k.Note(t.Context(), "crm", []byte("synced"))) // and with it all that was settled

	// Some room is not enough: the reserve comes first.
	_, floor, err := l.space.read()
	mustDo(t, err)
	disk.fill(floor + reserveOf(diskTotal) - 1)
	r.wantReserve(false)
	r.wantFull()
	disk.fill(floor + 2*reserveOf(diskTotal))
	r.wantReserve(true)
	mustDo(t, r.accepts("after"))

	cut := mustOpen(t, "data", Options{Now: r.clock.now, FS: r.fs.CrashClone(vfs.CrashCloneCfg{})})
	defer mustClose(t, cut)
	for i := range waiting {
		if d := onlyDelivery(t, cut, fmt.Sprint("e", i)); d.State != event.Delivered {
			t.Fatalf("e%d is %s after a restart", i, d.State)
		}
	}
	if d := onlyDelivery(t, cut, "after"); d.State != event.Pending {
		t.Errorf("what was accepted after is %s", d.State)
	}
}

func TestWhenTheReserveIsUsedUpTooTheLineComesBackWithTheSpace(t *testing.T) {
	r, disk := newFullRig(t, 200)
	r.wantReserve(true)
	disk.fill(0)
	r.k.line.Load().space.reserve.release()
	disk.fill(0)
	var failed error
	for _, lease := range r.take(200) { // their records fit into the memory that Pebble writes from, for a while
		if failed = lease.Settle(t.Context(), queue.Outcome{State: event.Delivered}); failed != nil {
			break
		}
	}
	if failed == nil {
		failed = r.k.Note(t.Context(), "crm", []byte("synced"))
	}
	if !errors.Is(failed, queue.ErrUnavailable) {
		t.Fatalf("without a byte left: %v", failed)
	}
	for range 5 {
		r.step()
	}
	if tr := r.k.Trouble(); tr == nil || !errors.Is(tr.Cause, syscall.ENOSPC) {
		t.Errorf("trouble %+v", tr)
	}
	disk.empty()
	r.recover()
	mustDo(t, r.accepts("after"))
	r.wantReserve(true)
}

func TestOnAFullFileSystemOfTheMachine(t *testing.T) {
	root := t.TempDir()
	if err := unix.Mount("tmpfs", root, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("no file system can be mounted: %v", err)
	}
	t.Cleanup(func() { mustDo(t, unix.Unmount(root, unix.MNT_DETACH)) })
	clock := newFakeClock()
	k, err := OpenKeeper(filepath.Join(root, "data"), Options{Now: clock.now})
	mustDo(t, err)
	r := &keptRig{t: t, faults: &faults{}, clock: clock, k: k}
	t.Cleanup(func() { mustDo(t, k.Close()) })
	for i := range 200 {
		mustDo(t, r.accepts(fmt.Sprint("e", i)))
	}
	reserve, filler := filepath.Join(root, "data", reserveName), filepath.Join(root, "of others")
	if info, err := os.Stat(reserve); err != nil || info.Size() != reserveOf(diskTotal) {
		t.Fatalf("the reserve: %v, %v", info, err)
	}
	if err := os.WriteFile(filler, make([]byte, diskTotal), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the file system: %v", err)
	}
	r.clock.advance(lookEvery)
	r.wantFull()
	for range 2 { // before and after the agent has looked
		for _, lease := range r.take(100) {
			settle(t, lease, event.Delivered)
		}
		r.clock.advance(lookEvery)
		r.step()
	}
	mustDo(t, k.Note(t.Context(), "crm", []byte("synced")))
	if _, err := os.Stat(reserve); !errors.Is(err, fs.ErrNotExist) || r.broken() {
		t.Errorf("the reserve: %v; the line is broken: %v", err, r.broken())
	}
	mustDo(t, os.Remove(filler))
	r.clock.advance(lookEvery)
	r.step()
	mustDo(t, r.accepts("after"))
	if _, err := os.Stat(reserve); err != nil {
		t.Errorf("the reserve: %v", err)
	}
}

func TestAFileSystemThatHoldsNoReserveIsNoReasonToStayShut(t *testing.T) {
	disk, clock := newSmallDisk(diskTotal), newFakeClock()
	mustDo(t, disk.FS.MkdirAll("data/"+reserveName+"/in the way", 0o700))
	l := mustOpen(t, "data", Options{Free: disk.ask, FS: disk, Now: clock.now})
	defer mustClose(t, l)
	accept(t, l, entryOf("e1", "crm"))
}

func TestTheReserve(t *testing.T) {
	for _, c := range []struct{ total, size int64 }{
		{0, 0}, {32 << 20, 512 << 10}, {512 << 20, 8 << 20}, {math.MaxInt64, 8 << 20},
	} {
		if got := reserveOf(c.total); got != c.size {
			t.Errorf("of %d bytes %d are held, want %d", c.total, got, c.size)
		}
	}
}
