package embedded

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
)

// A Rebuilt says what a rebuilding kept, and what it could not.
type Rebuilt struct {
	Findings []Finding `json:"findings"` // what was damaged

	Events     int64 `json:"events"`     // kept
	Deliveries int64 `json:"deliveries"` // kept

	Unreadable  int64 `json:"unreadable"`    // records that were set aside
	WithoutLane int64 `json:"renamed"`       // lanes whose name is lost: it is unreadable-N now
	Restored    int64 `json:"restored"`      // deliveries whose record is lost, and that wait again as though they were new
	Unknown     int64 `json:"unknown"`       // events of which it is lost to whom they were owed
	WithoutBody int64 `json:"without_event"` // deliveries whose event is lost

	Kept string `json:"kept"` // where the old files are
}

// A rebuilding writes what can be read of a line into a new one. Records that
// others follow from are written anew: the index of what waits, the members of
// rows, and counts, which are summed when the line is opened.
type rebuilding struct {
	r     *remnant
	to    *store
	clock *clock
	b     batch
	size  int
	alive func() // a long rebuilding gives signs of life

	lanes map[uint32]laneRecord
	used  map[uint32]bool
	again map[ref]bool // deliveries that were made again
	holds map[ref]bool // those that held, by what was written beside them

	report Rebuilt
}

const rebuildAtOnce = 1 << 20 // bytes in one batch

// rebuild writes a new line into the directory to, which is not there yet, of what
// can be read of the one in from. Nothing in from is touched.
func rebuild(files vfs.FS, from, to string, o Options) (report Rebuilt, err error) {
	r, err := openRemnant(files, from)
	if err != nil {
		return report, err
	}
	if err := makeDir(files, to); err != nil {
		return report, err
	}
	s, err := openStore(to, files, o, false, nil)
	if err != nil {
		return report, err
	}
	w := &rebuilding{
		r: r, to: s, alive: o.Recovering, clock: newClock(o.Now, mark{}), b: batch{s.db.NewBatch()},
		lanes: map[uint32]laneRecord{}, used: map[uint32]bool{}, again: map[ref]bool{}, holds: map[ref]bool{},
	}
	err = errors.Join(w.run(), s.close())
	w.report.Findings = r.findings
	return w.report, err
}

func (w *rebuilding) run() error {
	if err := w.r.each(w.take); err != nil {
		return err
	}
	if err := w.write(); err != nil {
		return err
	}
	for _, step := range []func() error{w.nameLanes, w.settleEvents, w.turns} {
		if err := step(); err != nil {
			return err
		}
	}
	w.set(recountKey, nil)
	if err := w.write(); err != nil {
		return err
	}
	return w.to.flushAll()
}

// lossy tells whether records may be missing of which others tell.
func (w *rebuilding) lossy() bool {
	return w.r.badBlocks > 0 || w.r.logGaps > 0 || len(w.r.missing) > 0 || !w.r.told || w.report.Unreadable > 0
}

func (w *rebuilding) set(key, value []byte) {
	w.b.set(key, value)
	w.size += len(key) + len(value)
}

func (w *rebuilding) write() error {
	if err := w.to.apply(w.b, pebble.NoSync); err != nil {
		return err
	}
	w.b, w.size = batch{w.to.db.NewBatch()}, 0
	w.alive()
	return nil
}

// writeFull is write, once there is enough of it.
func (w *rebuilding) writeFull() error {
	if w.size < rebuildAtOnce {
		return nil
	}
	return w.write()
}

// take sees to one record of the old line. They come by their keys.
func (w *rebuilding) take(key, value []byte) (err error) {
	switch key[0] {
	case inEvents:
		if _, err = decodeEvent(key, value); err == nil {
			w.set(key, value)
			w.report.Events++
		}
	case inSaid, inBodies, inIDs, inKeys, inMark:
		if _, err = open(key, value); err == nil {
			w.set(key, value)
		}
	case inDeliveries:
		err = w.delivery(key, value)
	case inLanes, inNames:
		err = w.lane(key, value)
	case inHolds:
		if m, ok := parseMember(key); ok {
			w.holds[m.ref] = true
		}
	case inMembers:
		if m, ok := parseMember(key); ok && w.lossy() {
			err = w.memberAgain(m)
		}
	case inWaiting:
		if lane, p, ok := parseWaiting(key); ok && w.lossy() {
			err = w.placeAgain(lane, p)
		}
	case inForget, inAside:
		w.set(key, value)
	}
	if errors.Is(err, errUnreadable) {
		w.report.Unreadable++
		w.set(asideKey(key, w.clock.read()), value)
		err = nil
	}
	if err != nil {
		return err
	}
	return w.writeFull()
}

func (w *rebuilding) delivery(key, value []byte) error {
	d, err := decodeDelivery(key, value)
	if err != nil {
		return err
	}
	w.set(key, value)
	w.index(&d)
	if d.state != unowed {
		w.report.Deliveries++
	}
	return nil
}

// index writes what follows from a delivery.
func (w *rebuilding) index(d *delivery) {
	if d.in() != nobody {
		w.used[d.in()], w.used[d.ref.lane] = true, true
	}
	row := rowKey{d.in(), d.order}
	switch {
	case d.ordered() && (d.state == pending || d.holds):
		w.set(row.member(d.ref), nil) // it has no place of its own until it has the turn
		if d.holds {
			w.set(row.hold(d.ref), nil)
		}
	case d.state == pending:
		w.set(waitingKey(d.in(), d.place()), nil)
	}
}

func (w *rebuilding) lane(key, value []byte) error {
	num, ok := parseLane(key)
	if !ok {
		return nil
	}
	r, err := decodeLane(key, value)
	if err != nil {
		return err
	}
	if _, known := w.lanes[num]; !known {
		w.lanes[num] = r
	}
	return nil
}

// nameLanes writes the lanes, those too whose records are lost: a number that is in
// use must not be given to another webhook.
func (w *rebuilding) nameLanes() error {
	for num := range w.used {
		if _, known := w.lanes[num]; !known {
			w.report.WithoutLane++
			w.lanes[num] = laneRecord{name: unreadableName(num)}
		}
	}
	for num, r := range w.lanes {
		w.b.setLane(num, &r)
	}
	return w.write()
}

func unreadableName(num uint32) string { return fmt.Sprintf("unreadable-%d", num) }

// settleEvents sees to events without deliveries, which nobody would ever remove,
// and to ids without events, which nobody would forget.
func (w *rebuilding) settleEvents() error {
	if !w.lossy() {
		return nil
	}
	if err := w.pair(inEvents, inDeliveries, w.unknown); err != nil {
		return err
	}
	err := w.pair(inDeliveries, inEvents, func(uint64) error {
		w.report.WithoutBody++
		return nil
	})
	for _, in := range []byte{inIDs, inKeys} {
		err = errors.Join(err, w.forgetIn(in))
	}
	return errors.Join(err, w.write())
}

// pair calls alone for each seq that has a record in one of e and d, and none in
// the other.
func (w *rebuilding) pair(in, other byte, alone func(seq uint64) error) error {
	return w.to.iterate([]byte{other}, []byte{other + 1}, func(beside *pebble.Iterator) error {
		beside.First()
		var last uint64
		return w.to.ascend([]byte{in}, []byte{in + 1}, func(it *pebble.Iterator) (bool, error) {
			seq := seqOf(it.Key())
			if seq == last {
				return true, nil
			}
			last = seq
			for beside.Valid() && seqOf(beside.Key()) < seq {
				beside.Next()
			}
			if beside.Valid() && seqOf(beside.Key()) == seq {
				return true, nil
			}
			return true, alone(seq)
		})
	})
}

func (w *rebuilding) forgetIn(in byte) error {
	return w.to.ascend([]byte{in}, []byte{in + 1}, func(it *pebble.Iterator) (bool, error) {
		a, err := decodeAccepted(it.Key(), it.Value())
		if err != nil {
			return true, nil // it was read before
		}
		if there, err := w.to.has(eventKey(a.seq)); there || err != nil {
			return true, err
		}
		w.set(forgetKey(a.at, name{in, string(it.Key()[1:])}), nil)
		return true, w.writeFull()
	})
}

// turns lets each row begin with its first member. Who has the turn is found out
// at the next opening.
func (w *rebuilding) turns() error {
	var row rowKey
	var t turn
	put := func() error {
		if t.members > 0 {
			key := row.key(inTurns)
			w.set(key, t.encode(key))
		}
		return w.writeFull()
	}
	err := w.to.ascend([]byte{inMembers}, []byte{inMembers + 1}, func(it *pebble.Iterator) (bool, error) {
		m, ok := parseMember(it.Key())
		if !ok {
			return true, nil
		}
		if m.row != row {
			if err := put(); err != nil {
				return false, err
			}
			row, t = m.row, turn{first: m.ref}
		}
		t.members++
		return true, nil
	})
	return errors.Join(err, put(), w.write())
}

// tell logs what a rebuilding found.
func (r *Rebuilt) tell(log *zap.Logger) {
	for _, f := range r.Findings {
		log.Error("a file of the storage is damaged", zap.String("file", f.File), zap.String("error", f.What))
	}
	log.Warn("the line was rebuilt of what can be read", zap.String("old files", r.Kept),
		zap.Int64("events", r.Events), zap.Int64("deliveries", r.Deliveries), zap.Int64("unreadable", r.Unreadable),
		zap.Int64("restored", r.Restored), zap.Int64("unknown", r.Unknown), zap.Int64("without event", r.WithoutBody),
		zap.Int64("lanes without name", r.WithoutLane))
}
