package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/posternhq/postern/queue"
)

// A diskRig is a kept line in a directory of the disk.
type diskRig struct {
	*keptRig
	dir string
}

func newDiskRig(t *testing.T) *diskRig {
	t.Helper()
	r := &diskRig{&keptRig{t: t, faults: &faults{}, clock: newFakeClock()}, filepath.Join(t.TempDir(), "data")}
	k, err := OpenKeeper(r.dir, Options{Now: r.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	r.k = k
	t.Cleanup(func() { _ = k.Close() }) // of a broken one it says why it is
	if err := r.accepts("before"); err != nil {
		t.Fatal(err)
	}
	return r
}

// look looks once more, a second later.
func (r *diskRig) look() {
	r.t.Helper()
	r.clock.advance(lookEvery)
	if _, _, err := r.k.step(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *diskRig) wantTrouble(says string) {
	r.t.Helper()
	r.look()
	if tr := r.k.Trouble(); tr == nil || !strings.Contains(tr.Cause.Error(), says) {
		r.t.Errorf("trouble %+v, want %q", tr, says)
	}
	if err := r.accepts("meanwhile"); !errors.Is(err, queue.ErrUnavailable) {
		r.t.Errorf("without its directory the line answered %v", err)
	}
}

// wantBack sees that the line comes back with all that it answered for.
func (r *diskRig) wantBack() {
	r.t.Helper()
	r.look()
	r.look()
	if tr := r.k.Trouble(); tr != nil {
		r.t.Fatalf("still in trouble: %v", tr.Cause)
	}
	if err := r.accepts("after"); err != nil {
		r.t.Error(err)
	}
	for _, id := range []string{"before", "after"} {
		onlyDelivery(r.t, r.k.line.Load(), id)
	}
}

func mustDo(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestADirectoryThatIsRenamedAwayIsNoticedAndItsReturnToo(t *testing.T) {
	r := newDiskRig(t)
	mustDo(t, os.Rename(r.dir, r.dir+".away"))
	r.wantTrouble("was removed, renamed or unmounted")
	r.wantTrouble("was removed, renamed or unmounted")
	if names, err := os.ReadDir(filepath.Dir(r.dir)); err != nil || len(names) != 1 {
		t.Errorf("something was made in its place: %v, %v", names, err)
	}
	mustDo(t, os.Rename(r.dir+".away", r.dir))
	r.wantBack()
}

func TestTheLineInADirectoryIsMissedAsTheDirectoryIs(t *testing.T) {
	r := newDiskRig(t)
	line := filepath.Join(r.dir, "line")
	mustDo(t, os.Rename(line, line+".away"))
	r.wantTrouble("was removed, renamed or unmounted")
	mustDo(t, os.Mkdir(line, 0o700))
	r.wantTrouble("does not exist") // an empty one is not begun in its place
	mustDo(t, os.RemoveAll(line), os.Rename(line+".away", line))
	r.wantBack()
}

func TestAnotherDirectoryInItsPlaceIsNotTouched(t *testing.T) {
	r := newDiskRig(t)
	mustDo(t, os.Rename(r.dir, r.dir+".away"))
	mustClose(t, mustOpen(t, r.dir, Options{}))
	before, err := os.ReadDir(filepath.Join(r.dir, "line"))
	mustDo(t, err)
	r.wantTrouble("is another directory than the one that was opened")
	r.wantTrouble("is another directory than the one that was opened")
	after, err := os.ReadDir(filepath.Join(r.dir, "line"))
	mustDo(t, err)
	if len(before) != len(after) {
		t.Errorf("it held %v, and holds %v", before, after)
	}
	mustDo(t, os.RemoveAll(r.dir), os.Rename(r.dir+".away", r.dir))
	r.wantBack()
}

func TestADirectoryThatIsGoneForGoodEndsTheAgentAfterTheBound(t *testing.T) {
	r := newDiskRig(t)
	mustDo(t, os.RemoveAll(r.dir))
	r.wantTrouble("was removed, renamed or unmounted")
	r.clock.advance(longestOutage)
	_, _, err := r.k.step()
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), r.dir) {
		t.Errorf("%v", err)
	}
}

func TestAReadOnlyFileSystemIsNoticedBeforeAnybodyWrites(t *testing.T) {
	r := newDiskRig(t)
	if err := r.k.site.writable(0); err != nil {
		t.Errorf("a writable one: %v", err)
	}
	if err := r.k.site.writable(unix.ST_RDONLY); !errors.Is(err, syscall.EROFS) {
		t.Errorf("a read-only one: %v", err)
	}
}

func TestADirectoryThatMayNotBeWrittenToIsNoticed(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	r := newDiskRig(t)
	line := filepath.Join(r.dir, "line")
	mustDo(t, os.Chmod(line, 0o500))
	t.Cleanup(func() { _ = os.Chmod(line, 0o700) }) // or it could not be removed
	r.wantTrouble("can't be written to")
	mustDo(t, os.Chmod(line, 0o700))
	r.wantBack()
}
