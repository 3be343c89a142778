package embedded

// replayInRow is replay of what is in an order. It gets its old place: if it is
// the first, and the one that has the turn is not under way, the turn is its.
func (l *Line) replayInRow(n *lane, d *delivery) (*delivery, error) {
	wait, err := l.callAgain(n, d)
	if err == nil {
		err = wait()
	}
	if err != nil {
		return nil, err
	}
	return l.read(d.ref)
}

// callAgain writes a seized delivery anew, and lets it go.
func (l *Line) callAgain(n *lane, d *delivery) (wait func() error, err error) {
	l.rowsMu.Lock()
	defer l.rowsMu.Unlock()
	x := l.changeRows()
	was, old := d.counts(), d.place()
	row := rowKey{n.num, d.order}
	if d.state == pending {
		err = x.hasten(row, n, d)
	} else {
		d.renew(x.b, n)
		x.b.remove(row.hold(d.ref))
		x.write(n, d, was)
		if err = x.join(n, d.order, d.ref, false); err == nil {
			err = x.yield(row, d.ref)
		}
	}
	if err != nil {
		x.drop()
		n.letGo(d.seq)
		return nil, err
	}
	wait, err = x.applyFirst()
	if err != nil {
		return nil, err
	}
	if !x.hasCalled(d.seq) {
		n.end(d.seq, nil, counts{})
	}
	if d.place() != old {
		n.leave(old)
	}
	return wait, nil
}

// hasten makes a member that waits due now: at once, if it has the turn.
func (x *rowChange) hasten(row rowKey, n *lane, d *delivery) error {
	t, _, err := x.turn(row)
	if err != nil {
		return err
	}
	was := d.counts()
	d.renew(x.b, n)
	if t.now == d.ref {
		x.call(n, d, false)
		return nil
	}
	x.write(n, d, was)
	return nil
}
