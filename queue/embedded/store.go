package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/posternhq/postern/queue"
)

// formatMajorVersion is Pebble's own format. To raise it, raise formatVersion too.
const formatMajorVersion = pebble.FormatValueSeparation

// A store is the database, with what Pebble can't survive turned into errors:
// after the first the store is broken for good.
type store struct {
	db     *pebble.DB
	log    *zap.Logger
	cause  atomic.Pointer[error]
	why    error         // the same by itself; set before cause is
	broken chan struct{} // closed then
	once   sync.Once

	sparing atomic.Bool // of tables: what is flushed now is little

	damaged atomic.Pointer[DamageError] // the first damage that was met; nil: none
	mends   func() bool                 // whether the line can be rebuilt while it runs; nil: not
}

// openStore opens the database in dir, which must be there already if again says so.
func openStore(dir string, files vfs.FS, o Options, again bool, mends func() bool) (s *store, err error) {
	s = &store{log: o.Log, broken: make(chan struct{}), mends: mends}
	p := &pebble.Options{
		FS:                 &fence{namedFS{files}, s},
		ErrorIfNotExists:   again,
		FormatMajorVersion: formatMajorVersion,
		Merger:             merger,
		Logger:             pebbleLog{o.Log, o.Fatal},
		EventListener:      s.listener(o.Log),
	}
	for i := range p.Levels {
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10) // look-ups of ids that were never seen
	}
	if o.Tables > 0 {
		p.FileCache = pebble.NewFileCache(1, o.Tables)
		defer p.FileCache.Unref() // the database holds on to it
	}
	s.tune(p)
	err = s.open(dir, p)
	if failed := s.failure(); failed != nil && s.db != nil {
		_ = s.close() // all that it could say is why it failed
		return nil, failed
	}
	return s, err
}

// createStore makes the database and closes it: the first log of a new one does not
// say how far it was synced, so damage in it could not be told from its end.
func createStore(dir string, files vfs.FS, o Options) error {
	s, err := openStore(dir, files, o, false, nil)
	if err != nil {
		return err
	}
	return s.close()
}

func (s *store) open(dir string, o *pebble.Options) (err error) {
	defer s.catch(&err)
	s.sparing.Store(true)
	defer s.sparing.Store(false)
	if s.db, err = pebble.Open(dir, o); err != nil {
		_ = s.breakDown(err) // so that nothing it left running gets to the files
	}
	return err
}

const damageNap = 100 * time.Millisecond

// listener reports what fails behind our back. Damage in a file is an error of
// whoever reads it, and no reason to end the process, as it would be by default.
// A compaction that fails is tried again at once, and for ever: after a while
// the reports get fewer, and whoever reads damage is slowed down.
func (s *store) listener(log *zap.Logger) *pebble.EventListener {
	often := rate.NewLimiter(1, 1000)
	return &pebble.EventListener{
		BackgroundError: func(err error) { // under Pebble's lock
			if often.Allow() {
				log.Error("storage", zap.String("error", err.Error()))
			}
		},
		DataCorruption: func(d pebble.DataCorruptionInfo) {
			s.noteDamage(d.Path, d.Details)
			if !often.Allow() {
				time.Sleep(damageNap)
				return
			}
			log.Error("a file of the storage is damaged", zap.String("path", d.Path), zap.String("error", d.Details.Error()))
		},
	}
}

// noteDamage notes that a file is damaged. Where the line can be rebuilt, it breaks
// for that.
func (s *store) noteDamage(path string, cause error) {
	d := &DamageError{Cause: cause}
	if path != "" {
		d.Findings = []Finding{{lineName + "/" + filepath.Base(path), "is damaged"}}
	}
	s.damaged.CompareAndSwap(nil, d)
	if s.mends != nil && s.mends() {
		_ = s.breakDown(d)
	}
}

// damage is what was met of it; nil: none.
func (s *store) damage() error {
	if d := s.damaged.Load(); d != nil {
		return d
	}
	return nil
}

// catch turns a panic of Pebble into a broken store. To be deferred.
func (s *store) catch(err *error) {
	switch p := recover().(type) {
	case nil:
	case fatal:
		*err = s.breakDown(p.error)
	default:
		s.log.Error("the storage panicked", zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
		*err = s.breakDown(fmt.Errorf("%v", p))
	}
}

func (s *store) breakDown(cause error) error {
	s.once.Do(func() {
		s.why = cause
		err := fmt.Errorf("%w: %w", queue.ErrUnavailable, cause)
		s.cause.Store(&err)
		close(s.broken)
	})
	return s.failure()
}

// failure is not nil once the store is broken.
func (s *store) failure() error {
	if err := s.cause.Load(); err != nil {
		return *err
	}
	return nil
}

// reason is what broke the store, in its own words.
func (s *store) reason() error {
	if s.cause.Load() == nil {
		return nil
	}
	return s.why
}

// A batch collects changes that are made all together. In memory nothing can
// fail, so its errors are always nil.
type batch struct{ *pebble.Batch }

func (l *Line) batch() batch { return batch{l.store.db.NewBatch()} }

func (b batch) set(key, value []byte) { _ = b.Set(key, value, nil) }
func (b batch) remove(key []byte)     { _ = b.Delete(key, nil) }
func (b batch) removeFrom(lo, hi []byte) {
	if bytes.Compare(lo, hi) < 0 {
		_ = b.DeleteRange(lo, hi, nil)
	}
}

// count adds a change to the counts of a lane.
func (b batch) count(lane uint32, c counts) {
	key := laneKey(inCounts, lane)
	_ = b.Merge(key, c.encode(key), nil)
}

func (b batch) countAll(c laneChanges) {
	for n, by := range c {
		b.count(n.num, by)
	}
}

// append adds the changes of another batch, and closes that.
func (b batch) append(o batch) {
	_ = b.Apply(o.Batch, nil)
	_ = o.Close()
}

// apply writes a batch and closes it. It is on disk when apply(b, pebble.Sync) returns nil.
func (s *store) apply(b batch, o *pebble.WriteOptions) (err error) {
	if err := s.failure(); err != nil {
		return err
	}
	defer s.catch(&err)
	if err := s.db.Apply(b.Batch, o); err != nil {
		return s.breakDown(err)
	}
	_ = b.Close() // only gives its memory back; never fails after Apply
	return s.failure()
}

// applyFirst is apply in two parts: when it returns, b is in its place before
// what comes later, and is seen; when wait returns nil, it is on disk.
func (s *store) applyFirst(b batch) (wait func() error, err error) {
	if err := s.failure(); err != nil {
		return nil, err
	}
	defer s.catch(&err)
	if err := s.db.ApplyNoSyncWait(b.Batch, pebble.Sync); err != nil {
		return nil, s.breakDown(err)
	}
	return func() (err error) {
		defer s.catch(&err)
		if err := b.SyncWait(); err != nil {
			return s.breakDown(err)
		}
		_ = b.Close() // as in apply
		return s.failure()
	}, nil
}

// get reads a value, which holds until close. Without one it is nil.
func (s *store) get(key []byte) (v []byte, close io.Closer, err error) { return s.getFrom(s.db, key) }

// getFrom is get, of the database as a batch will leave it.
func (s *store) getFrom(r pebble.Reader, key []byte) (v []byte, close io.Closer, err error) {
	if err := s.failure(); err != nil {
		return nil, nil, err
	}
	defer s.catch(&err)
	v, close, err = r.Get(key)
	if failed := s.failure(); failed != nil { // what it says may never have been on disk
		if close != nil {
			_ = close.Close()
		}
		return nil, nil, failed
	}
	switch {
	case errors.Is(err, pebble.ErrNotFound):
		return nil, nil, nil
	case pebble.IsCorruptionError(err):
		if s.noteDamage("", err); s.failure() != nil {
			return nil, nil, s.failure()
		}
		return nil, nil, fmt.Errorf("%w: read: %w", errUnreadable, err)
	case err != nil: // it may go well the next time
		return nil, nil, fmt.Errorf("%w: read: %w", queue.ErrUnavailable, err)
	}
	return v, close, nil
}

// has tells whether there is a value.
func (s *store) has(key []byte) (bool, error) {
	v, close, err := s.get(key)
	if v == nil || err != nil {
		return false, err
	}
	return true, close.Close()
}

// ascend calls visit for each record from lo until hi, as long as it says more.
func (s *store) ascend(lo, hi []byte, visit func(*pebble.Iterator) (more bool, err error)) error {
	return s.scan(lo, hi, (*pebble.Iterator).First, (*pebble.Iterator).Next, visit)
}

// ascendIn is ascend, over the database as a batch will leave it.
func (s *store) ascendIn(r pebble.Reader, lo, hi []byte, visit func(*pebble.Iterator) (more bool, err error)) error {
	return s.scanIn(r, lo, hi, (*pebble.Iterator).First, (*pebble.Iterator).Next, visit)
}

// descend is ascend, backwards.
func (s *store) descend(lo, hi []byte, visit func(*pebble.Iterator) (more bool, err error)) error {
	return s.scan(lo, hi, (*pebble.Iterator).Last, (*pebble.Iterator).Prev, visit)
}

func (s *store) scan(lo, hi []byte, start, step func(*pebble.Iterator) bool, visit func(*pebble.Iterator) (bool, error)) error {
	return s.scanIn(s.db, lo, hi, start, step, visit)
}

func (s *store) scanIn(r pebble.Reader, lo, hi []byte, start, step func(*pebble.Iterator) bool, visit func(*pebble.Iterator) (bool, error)) error {
	return s.iterateIn(r, lo, hi, func(it *pebble.Iterator) error {
		for ok := start(it); ok && s.failure() == nil; ok = step(it) {
			if more, err := visit(it); err != nil || !more {
				return err
			}
		}
		return nil
	})
}

// iterate calls use with an iterator from lo until hi. What it fails to read is
// seen by iterate.
func (s *store) iterate(lo, hi []byte, use func(*pebble.Iterator) error) (err error) {
	return s.iterateIn(s.db, lo, hi, use)
}

func (s *store) iterateIn(r pebble.Reader, lo, hi []byte, use func(*pebble.Iterator) error) (err error) {
	if err := s.failure(); err != nil {
		return err
	}
	defer s.catch(&err)
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		if pebble.IsCorruptionError(err) {
			s.noteDamage("", err)
		}
		return fmt.Errorf("%w: %w", queue.ErrUnavailable, err)
	}
	err = use(it)
	unread := it.Close()
	if pebble.IsCorruptionError(unread) {
		s.noteDamage("", unread)
	}
	if failed := s.failure(); failed != nil {
		return failed
	}
	if unread != nil {
		return errors.Join(err, fmt.Errorf("%w: %w", queue.ErrUnavailable, unread))
	}
	return err
}

// flush lets Pebble begin to give back the space of what was removed.
func (s *store) flush() (err error) {
	defer s.catch(&err)
	_, err = s.db.AsyncFlush()
	return err
}

// flushAll brings what is in the log to tables: in those each block of records has
// a checksum of its own, and what follows a damaged one can still be read.
func (s *store) flushAll() (err error) {
	defer s.catch(&err)
	s.sparing.Store(true)
	defer s.sparing.Store(false)
	return s.db.Flush()
}

// close gives up the database, also a broken one.
func (s *store) close() (err error) {
	defer s.catch(&err)
	return s.db.Close()
}

// snapshot makes a directory of the files as they are, by links where it can.
func (s *store) snapshot(dir string) (err error) {
	if err := s.failure(); err != nil {
		return err
	}
	defer s.catch(&err)
	return s.db.Checkpoint(dir, pebble.WithFlushedWAL())
}
