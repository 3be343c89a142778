package embedded

import (
	"bytes"
	"cmp"
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// A sighting is what was read of a delivery that may be moved.
type sighting struct {
	d          *delivery // nil: there is none, or it could not be read now
	unreadable bool
	owed       bool // the event owes the other lane a delivery, in whatever state
}

// sight reads deliveries of lane from that may be moved to another. It reads
// them all in one go, in the order in which they are stored; where damage in a
// file prevents that, one by one.
func (l *Line) sight(all []candidate, from, to *lane) ([]sighting, error) {
	seen := make([]sighting, len(all))
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(all[a].at.seq, all[b].at.seq) })
	err := l.store.iterate([]byte{inDeliveries}, []byte{inDeliveries + 1}, func(it *pebble.Iterator) error {
		for _, i := range order {
			seen[i] = sightOne(it, all[i].at.ref(from.num), to)
		}
		return nil
	})
	if err == nil {
		return seen, nil
	}
	for i := range all {
		if err := l.store.failure(); err != nil {
			return nil, err
		}
		seen[i] = l.sightAlone(all[i].at.ref(from.num), to)
	}
	return seen, nil
}

// sightOne reads all deliveries of an event. Behind them it stops: most often the
// next event follows there, and need not be looked for.
func sightOne(it *pebble.Iterator, r ref, to *lane) (s sighting) {
	first := seqKey(inDeliveries, r.seq)
	ok := it.Valid()
	if !ok || bytes.Compare(it.Key(), first) < 0 {
		ok = it.SeekGE(first)
	}
	for ; ok; ok = it.Next() {
		other, parsed := parseRef(it.Key())
		if parsed && other.seq != r.seq {
			break
		}
		switch {
		case !parsed:
		case other == r:
			d, err := decodeDelivery(it.Key(), it.Value())
			s.d, s.unreadable = &d, err != nil
		case other.lane == to.num || wasMoved(it.Value()):
			h, err := decodeHead(it.Key(), it.Value())
			// Of an unreadable one the key says whose it was.
			s.owed = s.owed || err == nil && h.in() == to.num || err != nil && other.lane == to.num
		}
	}
	return s
}

// sightAlone tells apart what is damaged: the delivery itself, or what stands
// beside it.
func (l *Line) sightAlone(r ref, to *lane) (s sighting) {
	if _, err := l.read(r); err != nil {
		return sighting{unreadable: errors.Is(err, errUnreadable)}
	}
	err := l.store.iterate([]byte{inDeliveries}, []byte{inDeliveries + 1}, func(it *pebble.Iterator) error {
		s = sightOne(it, r, to)
		return nil
	})
	if err != nil {
		return sighting{}
	}
	return s
}
