package embedded

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// A blackout ends the machine, or only the process, before the k-th of some file
// operations. What goes on after it happens to nobody.
type blackout struct {
	files *vfs.MemFS
	of    func(errorfs.Op) bool
	k     int
	rng   *rand.Rand

	mu    sync.Mutex
	armed bool
	seen  int
	left  map[string]*vfs.MemFS // what is on disk then; nil: it did not come
}

func (o *blackout) MaybeError(op errorfs.Op) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.armed || o.left != nil || !o.of(op) {
		return nil
	}
	if o.seen++; o.seen == o.k {
		o.left = map[string]*vfs.MemFS{
			"power cut":               o.files.CrashClone(vfs.CrashCloneCfg{}),
			"power cut, some is kept": o.files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: o.rng}),
			"kill":                    o.files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: o.rng}),
		}
	}
	return nil
}

func (o *blackout) String() string { return "blackout" }

func (o *blackout) arm() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.armed = true
}

func (o *blackout) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.left != nil
}

func syncs(op errorfs.Op) bool {
	return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
}

func changes(op errorfs.Op) bool {
	return op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpFileClose && op.Kind != errorfs.OpLock
}

// A deaf file system says that Pebble's log is synced, and doesn't sync it.
type deaf struct{ *vfs.MemFS }

func (d deaf) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return deafened(d.MemFS.Create(name, c))(name)
}

func (d deaf) ReuseForWrite(was, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return deafened(d.MemFS.ReuseForWrite(was, name, c))(name)
}

func deafened(f vfs.File, err error) func(name string) (vfs.File, error) {
	return func(name string) (vfs.File, error) {
		if err != nil || !strings.HasSuffix(name, ".log") {
			return f, err
		}
		return deafFile{f}, nil
	}
}

type deafFile struct{ vfs.File }

func (deafFile) Sync() error                { return nil }
func (deafFile) SyncData() error            { return nil }
func (deafFile) SyncTo(int64) (bool, error) { return true, nil }

// A picture is what a line has on disk: how each delivery stands, and each lane
// that was stopped or has a note.
type picture map[string]string

func pictureOf(t *testing.T, l *Line) picture {
	t.Helper()
	see(t, l)
	p := picture{}
	err := l.store.ascend([]byte{inDeliveries}, []byte{inDeliveries + 1}, func(it *pebble.Iterator) (bool, error) {
		d, err := decodeDelivery(it.Key(), it.Value())
		p[fmt.Sprintf("%s %d", d.eventID, d.lane)] = fmt.Sprint(stateNames[d.state], " after ", d.number, " in ", d.in(), " said ", d.saidSize > 0, " holds ", d.holds)
		return err == nil, err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range l.lanes() {
		if r := n.record(); r.since != 0 || len(r.note) > 0 {
			p[n.name] = fmt.Sprintf("stopped %t, note %q", r.since != 0, r.note)
		}
	}
	return p
}

// lost are the accepted events that a line doesn't have, with all that they owe.
func lost(t *testing.T, l *Line, accepted map[string]int) (ids []string) {
	t.Helper()
	for id, owed := range accepted {
		if _, deliveries, err := l.Event(t.Context(), id); err != nil || len(deliveries) != owed {
			ids = append(ids, id)
		}
	}
	return ids
}

func seeded(k int) *rand.Rand { return rand.New(rand.NewPCG(uint64(k), 4)) }
