package embedded

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// hasTurn tells whether a delivery that is out of reach is where it is by right.
func (l *Line) hasTurn(n *lane, d *delivery) (bool, error) {
	row := rowKey{n.num, d.order}
	t, err := l.readTurn(row)
	if errors.Is(err, errUnreadable) {
		t, err = l.restoreTurn(row)
	}
	return t.now == d.ref, err
}

// readTurn is a zero turn where there is none.
func (l *Line) readTurn(row rowKey) (t turn, err error) {
	key := row.key(inTurns)
	v, done, err := l.store.get(key)
	if v == nil || err != nil {
		return t, err
	}
	defer done.Close()
	return decodeTurn(key, v)
}

// memberAfter finds the member that follows r.
func (l *Line) memberAfter(in pebble.Reader, row rowKey, r ref) (next ref, any bool, err error) {
	err = l.store.ascendIn(in, append(row.member(r), 0), row.end(), func(it *pebble.Iterator) (bool, error) {
		var m member
		m, any = parseMember(it.Key())
		next = m.ref
		return !any, nil
	})
	return next, any, err
}

// membersOf lists the members of a lane's rows, or those that hold, from one key
// on, at most so many.
func (l *Line) membersOf(in byte, lane uint32, from []byte, most int) (all []member, err error) {
	err = l.store.ascend(from, laneKey(in, lane+1), func(it *pebble.Iterator) (bool, error) {
		if m, ok := parseMember(it.Key()); ok {
			all = append(all, m)
		}
		return len(all) < most, nil
	})
	return all, err
}

// rowOf finds the row that a delivery is in whose record does not tell. It reads
// the members of all rows.
func (l *Line) rowOf(r ref) (row rowKey, found bool, err error) {
	err = l.store.ascend([]byte{inMembers}, []byte{inMembers + 1}, func(it *pebble.Iterator) (bool, error) {
		if m, ok := parseMember(it.Key()); ok && m.ref == r {
			row, found = m.row, true
		}
		return !found, nil
	})
	return row, found, err
}
