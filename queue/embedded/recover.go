package embedded

import (
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"
)

// recover reads what a line keeps in memory: no events, no deliveries.
func (l *Line) recover() error {
	m, err := l.readMark()
	if err != nil {
		return err
	}
	l.tellAge(m)
	m = l.inheritMark(m)
	l.seq, l.clock = m.seq, newClock(l.o.Now, m)
	sums, exact, err := l.readCounts()
	if err != nil {
		return err
	}
	if err := l.readLanes(sums); err != nil {
		return err
	}
	if !exact {
		if err := l.recount(); err != nil {
			return err
		}
		if err := l.reorder(); err != nil {
			l.log.Error("what waits in order could not be looked at", zap.Error(err))
			l.astand.Store(true) // Sweep tries again
		}
	}
	if err := l.knowRows(); err != nil {
		return err
	}
	l.bytes.Store(0)
	for _, n := range l.byNum {
		l.bytes.Add(n.counts.bytes)
	}
	return nil
}

// longAgo is how old a line may be without anybody being told.
const longAgo = time.Hour

// tellAge warns of a line that nobody had open for long: it may be a copy of one.
func (l *Line) tellAge(m mark) {
	if l.before != nil || m.wall < believable {
		return
	}
	if age := l.o.Now().Sub(time.Unix(0, m.wall)); age >= longAgo {
		l.log.Warn("the line was last open a while ago; if this is a restored copy, what was delivered since goes out again, with the same webhook-id",
			zap.Duration("ago", age.Round(time.Second)))
	}
}

// readMark takes the highest seq from the newest event too: the mark is
// written only when events are removed, and now and then.
func (l *Line) readMark() (m mark, err error) {
	v, done, err := l.store.get(markKey)
	if v != nil {
		m, err = decodeMark(v)
		_ = done.Close() // nothing is read after
	}
	if errors.Is(err, errUnreadable) {
		l.clock = newClock(l.o.Now, mark{})
		m, err = mark{}, l.quarantine(markKey)
	}
	if err != nil {
		return m, err
	}
	return m, l.store.descend([]byte{inDeliveries}, []byte{inDeliveries + 1}, func(it *pebble.Iterator) (bool, error) {
		if r, ok := parseRef(it.Key()); ok {
			m.seq = max(m.seq, r.seq)
		}
		return false, nil
	})
}

// knowRows finds the lanes that have rows.
func (l *Line) knowRows() error {
	return l.store.iterate([]byte{inTurns}, []byte{inTurns + 1}, func(it *pebble.Iterator) error {
		for ok := it.First(); ok; {
			row, parsed := parseRow(it.Key())
			if !parsed {
				ok = it.Next()
				continue
			}
			if n := l.laneNumbered(row.lane); n != nil {
				n.hasRows()
			}
			ok = it.SeekGE(laneKey(inTurns, row.lane+1))
		}
		return nil
	})
}

func (l *Line) readCounts() (sums map[uint32]counts, exact bool, err error) {
	sums = map[uint32]counts{}
	again, err := l.store.has(recountKey)
	if err != nil {
		return nil, false, err
	}
	exact = !again
	err = l.store.ascend([]byte{inCounts}, []byte{inCounts + 1}, func(it *pebble.Iterator) (bool, error) {
		num, ok := parseLane(it.Key())
		c, err := decodeCounts(it.Key(), it.Value())
		if !ok || err != nil || c.inexact {
			exact = false
			return true, nil
		}
		sums[num] = c
		return true, nil
	})
	l.nobody = l.newLane(nobody, laneRecord{}, sums[nobody])
	l.byNum[nobody] = l.nobody
	return sums, exact, err
}

// readLanes reads the lanes. One whose record is unreadable is known by the other
// one; without both it gets a name of its own: its deliveries stay, go to no webhook,
// and are seen.
func (l *Line) readLanes(sums map[uint32]counts) error {
	again, err := l.readNames()
	if err != nil {
		return err
	}
	var bad []uint32
	err = l.store.ascend([]byte{inLanes}, []byte{inLanes + 1}, func(it *pebble.Iterator) (bool, error) {
		num, ok := parseLane(it.Key())
		r, err := decodeLane(it.Key(), it.Value())
		if ok && err != nil {
			bad = append(bad, num)
		} else if ok {
			l.addLane(l.newLane(num, r, sums[num]))
		}
		return true, nil
	})
	for _, num := range bad {
		r, known := again[num]
		if !known {
			r = laneRecord{name: unreadableName(num)}
		}
		n := l.newLane(num, r, sums[num])
		b := l.batch()
		if err := l.setAside(b, laneKey(inLanes, num)); err != nil {
			return err
		}
		b.setLane(num, n.record())
		if err := l.store.apply(b, pebble.Sync); err != nil {
			return err
		}
		l.countAside()
		l.addLane(n)
	}
	if err != nil {
		return err
	}
	return l.doubleLanes(again)
}

// readNames reads the second records of lanes, as far as they can be read.
func (l *Line) readNames() (again map[uint32]laneRecord, err error) {
	again = map[uint32]laneRecord{}
	err = l.store.ascend([]byte{inNames}, []byte{inNames + 1}, func(it *pebble.Iterator) (bool, error) {
		if num, ok := parseLane(it.Key()); ok {
			if r, err := decodeLane(it.Key(), it.Value()); err == nil {
				again[num] = r
			}
		}
		return true, nil
	})
	return again, err
}

// doubleLanes writes the second records that are not there: the first versions
// wrote none.
func (l *Line) doubleLanes(again map[uint32]laneRecord) error {
	b := l.batch()
	for _, n := range l.byName {
		if _, there := again[n.num]; !there {
			b.setLane(n.num, n.record())
		}
	}
	if b.Empty() {
		return b.Close()
	}
	return l.store.apply(b, pebble.Sync)
}
