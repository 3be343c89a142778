package embedded

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// countedSyncs counts the syncs of the write-ahead log.
type countedSyncs struct {
	n     atomic.Int64
	begun chan struct{}
	hold  chan struct{} // a sync waits for one each; nil: none does
}

func (s *countedSyncs) String() string { return "syncs" }

func (s *countedSyncs) MaybeError(op errorfs.Op) error {
	if op.Kind != errorfs.OpFileSync && op.Kind != errorfs.OpFileSyncData || !strings.HasSuffix(op.Path, ".log") {
		return nil
	}
	if s.hold != nil {
		s.begun <- struct{}{}
		<-s.hold
	}
	s.n.Add(1)
	return nil
}

func openCounted(t *testing.T) (*Line, *countedSyncs) {
	s := new(countedSyncs)
	l := openMem(t, Options{FS: errorfs.Wrap(vfs.NewMem(), s)})
	accept(t, l, entryOf("first", "crm")) // makes the lane
	s.n.Store(0)
	return l, s
}

func TestEachAnswerWaitsForASync(t *testing.T) {
	l, s := openCounted(t)
	for i := range int64(10) {
		accept(t, l, entryOf(fmt.Sprint("one", i), "crm"))
		if n := s.n.Load(); n != i+1 {
			t.Fatalf("%d syncs for %d answers", n, i+1)
		}
	}
	var batch []queue.Entry
	for i := range 100 {
		batch = append(batch, entryOf(fmt.Sprint("batch", i), "crm"))
	}
	s.n.Store(0)
	accept(t, l, batch...)
	if n := s.n.Load(); n != 1 {
		t.Errorf("%d syncs for a batch", n)
	}
	accept(t, l, batch...)
	if n := s.n.Load(); n != 1 {
		t.Errorf("%d syncs for a batch and its repetition, which is on disk already", n)
	}
}

func TestNobodyIsAnsweredWhileASyncLasts(t *testing.T) {
	l, s := openCounted(t)
	const callers = 50
	s.begun, s.hold = make(chan struct{}, callers), make(chan struct{})
	var answered atomic.Int64
	var all sync.WaitGroup
	begin := func(i int) {
		all.Go(func() {
			accept(t, l, entryOf(fmt.Sprint("e", i), "crm"))
			answered.Add(1)
		})
	}
	begin(0)
	<-s.begun
	for i := range callers - 1 {
		begin(i + 1)
	}
	for waiting := 0; waiting < callers-1; runtime.Gosched() {
		l.together.mu.Lock()
		if g := l.together.open; g != nil {
			waiting = len(g.intakes)
		}
		l.together.mu.Unlock()
	}
	if n := answered.Load(); n != 0 {
		t.Errorf("%d are answered while the first sync lasts", n)
	}
	s.hold <- struct{}{}
	<-s.begun
	if n := answered.Load(); n > 1 {
		t.Errorf("%d are answered before the second sync is over", n)
	}
	close(s.hold)
	all.Wait()
	if n := s.n.Load(); n < 2 || n > callers/2 {
		t.Errorf("%d syncs for %d callers: those that wait share one", n, callers)
	}
}

func TestWhatIsTakenAndSettledWaitsForNoSync(t *testing.T) {
	l, s := openCounted(t)
	for i := range 10 {
		accept(t, l, entryOf(fmt.Sprint("e", i), "crm"))
	}
	s.n.Store(0)
	for _, lease := range take(t, l, "crm", 20) {
		settle(t, lease, event.Delivered)
	}
	if n := s.n.Load(); n != 0 {
		t.Errorf("%d syncs", n)
	}
}

// A removal writes the mark, too, and holds what Accept needs meanwhile.
func TestAMarkDoesNotWaitForTheSyncOfAnother(t *testing.T) {
	l, s := openCounted(t)
	s.begun, s.hold = make(chan struct{}, 10), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := l.applyWithMark(l.batch(), pebble.Sync); err != nil {
			t.Error(err)
		}
	})
	<-s.begun
	if err := l.applyWithMark(l.batch(), pebble.NoSync); err != nil { // waits for ever, if it waits
		t.Error(err)
	}
	close(s.hold)
	all.Wait()
}
