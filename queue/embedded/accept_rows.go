package embedded

import (
	"github.com/posternhq/postern/queue"
)

// inRows tells whether something of an Accept is in an order.
func inRows(news []fresh) bool {
	for _, f := range news {
		for i := range f.entry.Owed {
			if f.entry.Owed[i].Order != (queue.Order{}) {
				return true
			}
		}
	}
	return false
}

// keepInRows is keep, where something is in an order. What the batch says of rows
// holds only as long as no other changes them; the disk is waited for without
// the lock. Until then those behind may already be called: they are written after
// the one before them, which has ended.
func (l *Line) keepInRows(in *intake) error {
	if err := l.writeSettled(); err != nil { // it is synced with this
		return err
	}
	l.rowsMu.Lock()
	first, landed := l.takeOff(len(in.news)) // in here, so that a row is in the order of its seqs
	defer landed()
	a := &acceptance{l: l, intakes: []*intake{in}, rows: l.changeRows()}
	a.b = a.rows.b
	a.addAll(first)
	a.b.countAll(a.changes)
	wait, err := a.writeRows()
	l.rowsMu.Unlock()
	if err == nil {
		err = wait()
	}
	if err != nil {
		return err
	}
	a.publish()
	return nil
}

// writeRows also counts: what is behind may be called before it is on disk.
func (a *acceptance) writeRows() (wait func() error, err error) {
	if a.failed != nil {
		a.rows.drop()
		for _, w := range a.waits {
			w.lane.letGo(w.d.seq)
		}
		return nil, a.failed
	}
	wait, err = a.rows.applyFirst()
	if err == nil {
		a.count()
	}
	return wait, err
}

// stands puts a delivery in order, and tells whether it waits for others.
func (a *acceptance) stands(n *lane, d *delivery, o *queue.Owed) bool {
	if a.failed != nil || d.state == skipped {
		return false
	}
	d.order = o.Order
	d.holds = d.state == failed && o.Hold
	if d.state == failed && !d.holds {
		return false
	}
	turned, err := a.rows.enter(n, d)
	if err != nil {
		a.failed = err
		return false
	}
	return d.state == pending && !turned
}
