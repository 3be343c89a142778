package embedded

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// restore makes the turn of a row anew whose record is unreadable. A member that
// is under way keeps it; else the first one is called.
func (x *rowChange) restore(row rowKey) (t turn, there bool, err error) {
	key := row.key(inTurns)
	switch err := x.l.setAside(x.b, key); {
	case err == nil:
		x.aside++
	case !errors.Is(err, errStuck):
		return t, false, err
	}
	n := x.l.laneNumbered(row.lane)
	t, err = x.census(row, func(r ref) bool { return n != nil && n.isOut(r.seq) })
	if err != nil || t.members == 0 {
		return t, false, err
	}
	if t.now != (ref{}) || n == nil {
		x.put(row, t)
		return t, true, nil
	}
	if err := x.callFirst(row, t); err != nil {
		return t, false, err
	}
	return x.turn(row)
}

// census makes a turn of a row's members, and gives it to the one that has it.
func (x *rowChange) census(row rowKey, hasTurn func(ref) bool) (t turn, err error) {
	err = x.l.store.ascendIn(x.b, row.key(inMembers), row.end(), func(it *pebble.Iterator) (bool, error) {
		m, ok := parseMember(it.Key())
		if !ok {
			return true, nil
		}
		if t.members++; t.members == 1 {
			t.first = m.ref
		}
		if hasTurn(m.ref) {
			t.now = m.ref
		}
		return true, nil
	})
	return t, err
}

func (l *Line) restoreTurn(row rowKey) (turn, error) {
	l.rowsMu.Lock()
	defer l.rowsMu.Unlock()
	x := l.changeRows()
	t, _, err := x.turn(row)
	if err != nil {
		x.drop()
		return t, err
	}
	return t, x.apply()
}

// lose takes a delivery whose record can't be read out of whatever row it is in.
func (x *rowChange) lose(r ref) error {
	row, found, err := x.l.rowOf(r)
	if err != nil || !found {
		return err
	}
	x.b.remove(row.hold(r))
	return x.leave(row, r)
}

// reorderAstand is reorder, where it is known to be needed. A row that comes to
// stand meanwhile is for the next time.
func (l *Line) reorderAstand(context.Context) error {
	if !l.astand.Swap(false) {
		return nil
	}
	err := l.reorder()
	if err != nil {
		l.astand.Store(true)
	}
	return err
}

// reorder looks at every row, and calls the first member where nobody has the
// turn who could.
func (l *Line) reorder() error {
	rows, err := l.allRows()
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := l.reorderRow(row); err != nil {
			return err
		}
	}
	return nil
}

func (l *Line) allRows() (rows []rowKey, err error) {
	err = l.store.ascend([]byte{inTurns}, []byte{inTurns + 1}, func(it *pebble.Iterator) (bool, error) {
		if row, ok := parseRow(it.Key()); ok {
			rows = append(rows, row)
		}
		return true, nil
	})
	return rows, err
}

func (l *Line) reorderRow(row rowKey) error {
	l.rowsMu.Lock()
	defer l.rowsMu.Unlock()
	x := l.changeRows()
	err := x.review(row)
	if err != nil {
		x.drop()
		return err
	}
	return x.apply()
}

// review counts the members of a row anew, and calls the first one unless somebody
// has the turn who can.
func (x *rowChange) review(row rowKey) error {
	was, there, err := x.turn(row)
	if err != nil || !there {
		return err
	}
	t, err := x.census(row, func(ref) bool { return false })
	if err != nil {
		return err
	}
	if t.members == 0 {
		x.b.remove(row.key(inTurns))
		return nil
	}
	t.now, t.stood = was.now, was.stood
	d, err := x.member(row, t.now)
	switch {
	case err != nil:
		return err
	case d == nil || d.state != pending:
		t.now = ref{}
		return x.callFirst(row, t)
	case t != was:
		x.put(row, t)
	}
	return nil
}
