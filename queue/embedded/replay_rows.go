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
	old := d.place()
	row := rowKey{n.num, d.order}
	if d.state == pending {
		err = x.hasten(row, n, d)
	} else {
		err = x.comeBack(row, n, d)
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

// comeBack makes a delivery that has ended wait again.
func (x *rowChange) comeBack(row rowKey, n *lane, d *delivery) error {
	was, held := d.counts(), d.holds
	d.renew(x.b, n)
	x.write(n, d, was)
	if held { // then it is a member still
		x.b.remove(row.hold(d.ref))
	} else if err := x.join(n, d.order, d.ref, false); err != nil {
		return err
	}
	return x.yield(row, d.ref)
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
