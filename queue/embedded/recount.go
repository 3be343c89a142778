package embedded

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// stride is how many records are looked at between two signs of life.
const stride = 4096

// recount sums everything anew, from the deliveries. It runs at opening, before
// anybody else, and only when a sum is known to be inexact.
func (l *Line) recount() error {
	sums, bad, err := l.sumUp()
	if err == nil && len(bad) > 0 {
		if err = l.mendAll(bad); err == nil {
			sums, _, err = l.sumUp()
		}
	}
	if err != nil {
		return err
	}
	b := l.batch()
	for num, n := range l.byNum {
		n.counts = counts{}
		if c := sums[num]; c != nil {
			n.counts = *c
		}
		key := laneKey(inCounts, num)
		b.set(key, n.counts.encode(key))
	}
	b.remove(recountKey)
	return l.store.apply(b, pebble.Sync)
}

func (l *Line) sumUp() (sums map[uint32]*counts, bad []ref, err error) {
	sums = map[uint32]*counts{nobody: {}}
	var last uint64
	seen := 0
	err = l.store.ascend([]byte{inDeliveries}, []byte{inDeliveries + 1}, func(it *pebble.Iterator) (bool, error) {
		r, ok := parseRef(it.Key())
		if !ok {
			return true, nil
		}
		if seen++; seen%stride == 0 {
			l.o.Recovering()
		}
		d, err := decodeDelivery(it.Key(), it.Value())
		if errors.Is(err, errUnreadable) {
			bad = append(bad, r)
			return true, nil
		}
		if sums[d.in()] == nil {
			sums[d.in()] = new(counts)
		}
		sums[d.in()].add(d.counts())
		if r.seq != last {
			sums[nobody].bytes += int64(d.eventSize)
			last = r.seq
		}
		return true, nil
	})
	return sums, bad, err
}
