package embedded

import (
	"time"

	"github.com/posternhq/postern/event"
)

// memberAgain makes a delivery again whose record is lost, and that is known to
// wait in a row.
func (w *rebuilding) memberAgain(m member) error {
	d, err := w.lost(m.ref)
	if d == nil || err != nil {
		return err
	}
	d.order = m.row.order
	d.moveTo(m.row.lane)
	if w.holds[m.ref] {
		d.state, d.holds, d.ended = failed, true, w.clock.read()
		d.attempts = lostAttempts(w.clock.wall(0).UTC())
		d.number = len(d.attempts)
	}
	return w.makeAgain(d)
}

// placeAgain makes a delivery again whose record is lost, and that is known to
// wait in a lane.
func (w *rebuilding) placeAgain(lane uint32, p place) error {
	d, err := w.lost(p.ref(lane))
	if d == nil || err != nil {
		return err
	}
	d.moveTo(lane)
	d.due, d.aged = p.due, p.due
	return w.makeAgain(d)
}

// lost is a new delivery for the place of one whose record is lost; nil if it is
// not lost, or its event is.
func (w *rebuilding) lost(r ref) (*delivery, error) {
	if w.again[r] || r.lane == nobody {
		return nil, nil
	}
	if err := w.write(); err != nil {
		return nil, err
	}
	if there, err := w.to.has(r.key(inDeliveries)); there || err != nil {
		return nil, err
	}
	d, err := w.ofEvent(r)
	if d == nil || err != nil {
		return nil, err
	}
	d.state = pending
	d.due = d.at - w.lanes[r.lane].stood
	d.aged = d.due
	return d, nil
}

// ofEvent is a delivery with what its event tells; nil if that is lost.
func (w *rebuilding) ofEvent(r ref) (*delivery, error) {
	key := eventKey(r.seq)
	v, done, err := w.to.get(key)
	if v == nil || err != nil {
		return nil, err
	}
	defer done.Close()
	e, err := decodeEvent(key, v)
	if err != nil {
		return nil, err
	}
	return &delivery{
		ref: r, created: e.Accepted, at: timeOf(r.seq).UnixNano(),
		typ: e.Type, eventID: e.ID, eventSize: len(key) + len(v),
	}, nil
}

func (w *rebuilding) makeAgain(d *delivery) error {
	w.again[d.ref] = true
	w.report.Restored++
	key := d.ref.key(inDeliveries)
	w.set(key, d.encode(nil, key))
	w.index(d)
	return w.write()
}

// unknown keeps an event of which it is lost to whom it was owed as one that
// nobody subscribed to.
func (w *rebuilding) unknown(seq uint64) error {
	d, err := w.ofEvent(ref{seq, nobody})
	if d == nil || err != nil {
		return err
	}
	w.report.Unknown++
	d.state, d.ended = unowed, w.clock.read()
	key := d.ref.key(inDeliveries)
	w.set(key, d.encode(nil, key))
	return w.writeFull()
}

// lostAttempts stand for those of a delivery whose record is lost.
func lostAttempts(at time.Time) []attempt {
	return []attempt{{Attempt: event.Attempt{
		Number: 1, At: at,
		Error: "its record was unreadable and was set aside; how it stood is not known",
	}}}
}
