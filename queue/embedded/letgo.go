package embedded

import "context"

const letGoAtOnce = 1000 // rows looked for at once

// LetGo implements queue.Line.
func (l *Line) LetGo(ctx context.Context, name string) (ended int64, err error) {
	for from, more := []byte(nil), true; more; {
		if err := ctx.Err(); err != nil {
			return ended, err
		}
		var n int64
		n, from, err = l.letGoSome(name, from)
		ended += n
		if err != nil {
			return ended, err
		}
		more = from != nil
	}
	return ended, nil
}

// letGoSome returns where to go on; nil at the end.
func (l *Line) letGoSome(name string, from []byte) (ended int64, next []byte, err error) {
	if err := l.enter(); err != nil {
		return 0, nil, err
	}
	defer l.leave()
	n := l.lane(name)
	if n == nil {
		return 0, nil, nil
	}
	rows, err := l.rowsOf(inHolds, n.num, from, letGoAtOnce)
	if err != nil || len(rows) == 0 {
		return 0, nil, err
	}
	var wait func() error
	for _, row := range rows {
		gone, w, err := l.letGoRow(n, row)
		if err != nil {
			return ended, nil, err
		}
		ended += gone
		wait = w // of the last one: on disk with it is what was written before
	}
	if len(rows) == letGoAtOnce {
		next = append(rows[len(rows)-1].key(inHolds), 0)
	}
	return ended, next, wait()
}

// letGoRow ends the holds of a row until somebody has the turn, or nobody is left.
func (l *Line) letGoRow(n *lane, row rowKey) (ended int64, wait func() error, err error) {
	l.rowsMu.Lock()
	defer l.rowsMu.Unlock()
	x := l.changeRows()
	for {
		did, err := x.letGo(n, row)
		if err != nil {
			x.drop()
			return 0, nil, err
		}
		if !did {
			break
		}
		ended++
	}
	wait, err = x.applyFirst()
	return ended, wait, err
}

// letGo ends the hold of the first member, if it holds.
func (x *rowChange) letGo(n *lane, row rowKey) (did bool, err error) {
	t, there, err := x.turn(row)
	if err != nil || !there || !t.holds {
		return false, err
	}
	d, err := x.member(row, t.first)
	if err != nil {
		return false, err
	}
	if d == nil || d.state == pending {
		return false, x.callFirst(row, t)
	}
	was := d.counts()
	d.holds = false
	x.write(n, d, was)
	return true, x.leave(row, d.ref)
}

// holding counts the rows of a lane that stand still.
func (l *Line) holding(n *lane) (int64, error) {
	rows, err := l.rowsOf(inHolds, n.num, nil, oldestAmong)
	return int64(len(rows)), err
}
