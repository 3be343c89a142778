package embedded

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// oldestInRows tells of the first pending member of each row of a lane, among the
// first so many.
func (l *Line) oldestInRows(n *lane, tell func(ref)) error {
	seen := 0
	return l.store.ascend(laneKey(inTurns, n.num), laneKey(inTurns, n.num+1), func(it *pebble.Iterator) (bool, error) {
		seen++
		row, ok := parseRow(it.Key())
		if !ok {
			return true, nil
		}
		r, any, err := l.firstPending(row)
		if any {
			tell(r)
		}
		return seen < oldestAmong, err
	})
}

// firstPending is most often the first member.
func (l *Line) firstPending(row rowKey) (r ref, any bool, err error) {
	t, err := l.readTurn(row)
	if errors.Is(err, errUnreadable) {
		return r, false, nil // Take sees to it
	}
	if err != nil || t.now == t.first {
		return t.now, t.now != ref{}, err
	}
	err = l.store.ascend(row.member(t.first), row.end(), func(it *pebble.Iterator) (bool, error) {
		m, ok := parseMember(it.Key())
		if !ok {
			return true, nil
		}
		if d, err := l.read(m.ref); err == nil && d != nil && d.state == pending {
			r, any = m.ref, true
		}
		return !any, nil
	})
	return r, any, err
}
