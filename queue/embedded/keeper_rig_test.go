package embedded

import (
	"errors"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// Faults fail file operations: the one numbered from, once or it and all that
// come after it, until they are mended.
type faults struct {
	mu     sync.Mutex
	from   int // from 1; 0: none
	once   bool
	err    error
	only   func(errorfs.Op) bool // nil: all that a disk may fail
	seen   int
	failed []errorfs.Op
	first  chan struct{} // closed when one has
}

// fails tells which operations a sweep goes through.
func fails(op errorfs.Op) bool {
	switch op.Kind {
	case errorfs.OpFilePreallocate, errorfs.OpLock:
		return false
	case errorfs.OpOpen, errorfs.OpOpenDir:
		return true
	}
	return op.Kind.ReadOrWrite() == errorfs.OpIsWrite
}

func (f *faults) MaybeError(op errorfs.Op) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.from == 0 || !fails(op) || f.only != nil && !f.only(op) {
		return nil
	}
	f.seen++
	if f.seen < f.from || f.once && f.seen > f.from {
		return nil
	}
	if f.failed == nil {
		close(f.first)
	}
	f.failed = append(f.failed, op)
	return f.err
}

func (f *faults) String() string { return "faults" }

// begin fails operations, counted from now on.
func (f *faults) begin(from int, once bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.from, f.once, f.err, f.seen, f.failed, f.first = from, once, err, 0, nil, make(chan struct{})
}

func (f *faults) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.from = 0
}

// came tells what has failed.
func (f *faults) came() []errorfs.Op {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// A keptRig is a kept line on a disk in memory that fails.
type keptRig struct {
	t      *testing.T
	fs     *vfs.MemFS
	faults *faults
	clock  *fakeClock
	o      Options
	k      *Keeper
}

func newKeptRig(t *testing.T, o Options) *keptRig {
	t.Helper()
	r := &keptRig{t: t, fs: vfs.NewCrashableMem(), faults: &faults{}, clock: newFakeClock(), o: o}
	r.o.FS, r.o.Now = errorfs.Wrap(r.fs, r.faults), r.clock.now
	k, err := OpenKeeper("data", r.o)
	if err != nil {
		t.Fatal(err)
	}
	r.k = k
	t.Cleanup(func() {
		r.faults.mend()
		_ = k.Close() // of a broken one it says why it is
	})
	return r
}

// step lets Keep look once, when its time has come.
func (r *keptRig) step() (reopened bool) {
	r.t.Helper()
	wait, reopened, err := r.k.step()
	if err != nil {
		r.t.Fatal(err)
	}
	r.clock.advance(wait)
	return reopened
}

// recover steps until the line is well.
func (r *keptRig) recover() {
	r.t.Helper()
	for range 20 {
		r.step()
		if r.k.Trouble() == nil && r.k.line.Load().store.failure() == nil {
			return
		}
	}
	r.t.Fatalf("the line does not come back: %+v, after %v", r.k.Trouble(), r.faults.came())
}

// broken tells whether the storage has failed, known yet or not.
func (r *keptRig) broken() bool { return r.k.line.Load().store.failure() != nil }

// after is the line as a restart finds it after a power cut now.
func (r *keptRig) after(cut vfs.CrashCloneCfg) *Line {
	r.t.Helper()
	o := Options{Now: r.clock.now, FS: r.fs.CrashClone(cut)}
	return mustOpen(r.t, "data", o)
}

// write puts a text in the place of a file, synced.
func write(t *testing.T, files vfs.FS, name, text string) {
	t.Helper()
	f, err := files.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write([]byte(text))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
