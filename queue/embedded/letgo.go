package embedded

import "context"

const letGoAtOnce = 1000 // holds looked for at once

// LetGo implements queue.Line.
func (l *Line) LetGo(ctx context.Context, name string) (ended int64, err error) {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return ended, err
		}
		var n int64
		n, more, err = l.letGoSome(name)
		ended += n
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}

func (l *Line) letGoSome(name string) (ended int64, more bool, err error) {
	if err := l.enter(); err != nil {
		return 0, false, err
	}
	defer l.leave()
	n := l.lane(name)
	if n == nil {
		return 0, false, nil
	}
	all, err := l.membersOf(inHolds, n.num, laneKey(inHolds, n.num), letGoAtOnce)
	if err != nil || len(all) == 0 {
		return 0, false, err
	}
	wait := func() error { return nil }
	for _, m := range all {
		did, w, err := l.letGo(n, m)
		if err != nil {
			return ended, false, err
		}
		if did {
			ended++
		}
		wait = w // of the last one: on disk with it is what was written before
	}
	return ended, len(all) == letGoAtOnce, wait()
}

func (l *Line) letGo(n *lane, m member) (did bool, wait func() error, err error) {
	l.rowsMu.Lock()
	defer l.rowsMu.Unlock()
	x := l.changeRows()
	did, err = x.letGo(n, m)
	if err != nil {
		x.drop()
		return false, nil, err
	}
	wait, err = x.applyFirst()
	return did, wait, err
}

func (x *rowChange) letGo(n *lane, m member) (did bool, err error) {
	x.b.remove(m.row.hold(m.ref))
	d, err := x.member(m.row, m.ref)
	if err == nil && d == nil {
		return false, x.leave(m.row, m.ref)
	}
	if err != nil || !d.holds {
		return false, err
	}
	was := d.counts()
	d.holds = false
	x.write(n, d, was)
	return true, x.leave(m.row, m.ref)
}

// holding counts the failed deliveries of a lane that hold others.
func (l *Line) holding(n *lane) (int64, error) {
	all, err := l.membersOf(inHolds, n.num, laneKey(inHolds, n.num), oldestAmong)
	return int64(len(all)), err
}
