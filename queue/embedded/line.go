package embedded

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

	"github.com/posternhq/postern/queue"
)

// A Line is a queue.Line in a directory.
type Line struct {
	o     Options
	dir   string
	log   *zap.Logger
	clock *clock
	space *space
	store *store
	lock  io.Closer

	use    sync.RWMutex // held for reading by every call
	closed bool

	ids      holds
	together together
	settled  settled
	marked   atomic.Int64 // by the clock, when the last mark was written

	lanesMu sync.RWMutex
	byName  map[string]*lane
	byNum   map[uint32]*lane // and nobody
	nobody  *lane
	laneMu  sync.Mutex // one writer of lane records at a time
	mendMu  sync.Mutex // one mender of delivery records at a time

	rowsMu sync.Mutex  // one change of rows at a time
	astand atomic.Bool // a row may have nobody in turn: Sweep looks

	seqMu  sync.Mutex
	seq    uint64              // the highest given out
	flying map[uint64]struct{} // lowest seq of each Accept under way
	markMu sync.Mutex

	kept    sync.RWMutex // for writing: records are being removed or moved; for reading: they must not be
	bytes   atomic.Int64 // kept or about to be
	history history      // under kept
	arrear  arrear
	recent  atomic.Int64 // bytes that lanes keep in memory

	pageReads int // as the constant, but for tests

	aside  int64 // what is in the quarantine
	before *Line // in whose place this one steps, while it is being opened

	statsMu   sync.Mutex
	corrupt   int64
	stuck     map[string]struct{} // keys of what the storage can't read, at most maxStuck
	discarded map[queue.Discard]int64
}

var _ queue.Line = (*Line)(nil)

// Open opens the line in dir, and makes one if there is none. Its errors are
// *queue.InUseError at once if another process has it open, and
// queue.ErrNewerFormat.
func Open(dir string, o Options) (*Line, error) {
	o = o.withDefaults()
	s, err := newSite(dir, o)
	if err != nil {
		return nil, err
	}
	l, err := s.open(o, nil)
	if err != nil {
		_ = s.lock.Close() // nothing was written under it that could be lost
		return nil, err
	}
	l.lock = s.lock
	return l, nil
}

// lockIn locks dir. claim is to be called when the format is known to be ours.
func lockIn(dir string, fs vfs.FS) (lock io.Closer, claim func() error, err error) {
	if fs != nil {
		lock, err := fs.Lock(fs.PathJoin(dir, "lock"))
		return lock, func() error { return nil }, err
	}
	own, err := lockDir(dir)
	if err != nil {
		return nil, nil, err
	}
	return own, own.claim, nil
}

// openIn opens a line in a directory that is locked. before is the broken line in
// whose place it steps; nil: it is the first one of this process.
func openIn(at *site, o Options, before *Line) (*Line, error) {
	dir, files := at.dir, at.files
	version, err := checkFormat(files, dir)
	if err != nil {
		return nil, err
	}
	if before == nil {
		if err := at.claim(); err != nil {
			return nil, err
		}
	}
	switch {
	case version == 0 && before != nil:
		return nil, errors.New("what was in the directory is gone")
	case version == 0:
		if err := writeFormat(files, dir); err != nil {
			return nil, err
		}
	}
	if err := finishRepair(files, dir, o); err != nil {
		return nil, err
	}
	within := files.PathJoin(dir, lineName)
	if err := makeDir(files, within); err != nil { // or it would be for all to read
		return nil, err
	}
	aside, err := checkOptions(files, dir, o)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(clearSnapshots(at), inspect(files, within)); err != nil {
		return nil, err
	}
	held := &reserve{fs: files, name: files.PathJoin(dir, reserveName), log: o.Log}
	room := &space{dir: dir, ask: o.Free, now: o.Now, reserve: held}
	room.tend()
	o.Recovering()
	if version == 0 {
		if err := createStore(within, files, o); err != nil {
			return nil, err
		}
	}
	s, err := openStore(within, vfs.OnDiskFull(files, held.release), o, before != nil, func() bool { return at.mends && at.mayRepair(o) == nil })
	if err != nil {
		return nil, diagnose(files, within, err)
	}
	o.Recovering()
	l := &Line{
		o: o, dir: dir, log: o.Log, store: s, space: room, before: before,
		byName: map[string]*lane{}, byNum: map[uint32]*lane{},
		flying: map[uint64]struct{}{}, discarded: map[queue.Discard]int64{},
		together:  together{turn: make(chan struct{}, 1)},
		pageReads: pageReads,
	}
	if before != nil {
		l.inheritCounts(before)
	}
	l.corrupt += aside
	if err := l.recover(); err != nil {
		return nil, errors.Join(err, s.damage(), s.close())
	}
	if before != nil {
		l.inheritLanes(before)
		l.before = nil
	}
	names, err := quarantined(files, dir)
	if err := errors.Join(err, tellBackup(at, o)); err != nil {
		return nil, errors.Join(err, s.close())
	}
	l.aside = int64(len(names) - reports(names))
	return l, nil
}

func (l *Line) addLane(n *lane) { l.byName[n.name], l.byNum[n.num] = n, n }

// enter begins a call, which sees all that was settled before; leave ends it.
func (l *Line) enter() error {
	if err := l.pass(); err != nil {
		return err
	}
	err := l.writeSettled()
	if err != nil {
		l.leave()
	}
	return err
}

// pass is enter for what is done with each event, and looks at nothing settled.
func (l *Line) pass() error {
	l.use.RLock()
	err := l.store.failure()
	if l.closed && err == nil {
		err = fmt.Errorf("%w: closed", queue.ErrUnavailable)
	}
	if err != nil {
		l.use.RUnlock()
	}
	return err
}

func (l *Line) leave() { l.use.RUnlock() }

// Broken is closed once the storage has failed for good: from then on every
// call returns queue.ErrUnavailable, until the line is closed and opened anew.
func (l *Line) Broken() <-chan struct{} { return l.store.broken }

const patience = 10 * time.Second // with a broken store's Close

var errHangs = fmt.Errorf("%w: it does not let go of its files", queue.ErrUnavailable)

// Close implements queue.Line. Of a broken line it waits at most ten seconds: if
// the storage has not let go by then, dir stays locked until the process ends.
func (l *Line) Close() error {
	done := make(chan error, 1)
	go func() { done <- l.shut() }()
	select {
	case err := <-done:
		return err
	case <-l.Broken():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return fmt.Errorf("close line in %s: %w", l.dir, errHangs)
	}
}

func (l *Line) shut() error {
	l.use.Lock()
	defer l.use.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	l.arrear.paid() // by what follows
	var err error
	if l.store.failure() == nil {
		err = errors.Join(l.writeLanes(), l.applyWithMark(l.batch(), pebble.Sync), l.store.flushAll())
	}
	if err := errors.Join(err, l.store.close(), l.lock.Close()); err != nil {
		return fmt.Errorf("close line in %s: %w", l.dir, err)
	}
	return nil
}

// applyWithMark also writes how far the line has come, and before it what was settled.
func (l *Line) applyWithMark(b batch, o *pebble.WriteOptions) error {
	if err := l.writeSettled(); err != nil {
		return err
	}
	wait, err := l.mark(b, o)
	if err != nil {
		return err
	}
	return wait()
}

// mark writes marks in the order in which they were read, or one would be written
// over a later one. The disk is waited for without the lock.
func (l *Line) mark(b batch, o *pebble.WriteOptions) (wait func() error, err error) {
	l.markMu.Lock()
	defer l.markMu.Unlock()
	l.seqMu.Lock()
	m := mark{seq: l.seq, clock: l.clock.read(), wall: l.o.Now().UnixNano()}
	l.seqMu.Unlock()
	l.marked.Store(m.clock)
	b.set(markKey, m.encode())
	if o.GetSync() {
		return l.store.applyFirst(b)
	}
	return func() error { return nil }, l.store.apply(b, o)
}

func (l *Line) lane(name string) *lane {
	l.lanesMu.RLock()
	defer l.lanesMu.RUnlock()
	return l.byName[name]
}

func (l *Line) laneNumbered(num uint32) *lane {
	l.lanesMu.RLock()
	defer l.lanesMu.RUnlock()
	return l.byNum[num]
}

// lanes are all lanes, by name.
func (l *Line) lanes() []*lane {
	l.lanesMu.RLock()
	defer l.lanesMu.RUnlock()
	out := make([]*lane, 0, len(l.byName))
	for _, name := range slices.Sorted(maps.Keys(l.byName)) {
		out = append(out, l.byName[name])
	}
	return out
}
