package embedded

import (
	"encoding/binary"
	"io"

	"github.com/cockroachdb/pebble/v2"

	"github.com/posternhq/postern/event"
)

// A state is how an event.State is stored.
type state byte

const (
	pending state = iota + 1
	delivered
	failed
	skipped
	unowed // of lane nobody

	states = iota + 1
)

var stateNames = [states]event.State{
	pending:   event.Pending,
	delivered: event.Delivered,
	failed:    event.Failed,
	skipped:   event.Skipped,
}

func stateOf(s event.State) (state, bool) {
	for i := pending; i <= skipped; i++ {
		if stateNames[i] == s {
			return i, true
		}
	}
	return 0, false
}

func (s state) ended() bool { return s != pending }

// Counts are what a lane holds, or a change of that.
type counts struct {
	bytes   int64         // of its d, p and b records; of lane nobody: its d and all e records
	of      [states]int64 // deliveries by state
	inexact bool          // something unreadable was summed: count anew
}

func (c *counts) add(o counts) {
	c.bytes += o.bytes
	for i := range c.of {
		c.of[i] += o.of[i]
	}
	c.inexact = c.inexact || o.inexact
}

func (c counts) minus() counts {
	c.bytes = -c.bytes
	for i := range c.of {
		c.of[i] = -c.of[i]
	}
	return c
}

func (c *counts) encode(key []byte) []byte {
	v := make([]byte, envelope, envelope+24)
	if c.inexact {
		v = append(v, 1)
	} else {
		v = append(v, 0)
	}
	v = binary.AppendVarint(v, c.bytes)
	for _, n := range c.of[pending:] {
		v = binary.AppendVarint(v, n)
	}
	return seal(key, v)
}

func decodeCounts(key, v []byte) (c counts, err error) {
	r, err := open(key, v)
	if err != nil {
		return c, err
	}
	c.inexact = r.byte() != 0
	c.bytes = r.int()
	for i := pending; i < states; i++ {
		c.of[i] = r.int()
	}
	return c, r.err()
}

// merger lets Pebble sum counts. An unreadable operand must not stop a flush: it
// counts as nothing, and the sum says that it is inexact.
var merger = &pebble.Merger{
	Name: "postern.counts.1",
	Merge: func(key, value []byte) (pebble.ValueMerger, error) {
		s := &sum{key: append([]byte(nil), key...)}
		return s, s.MergeNewer(value)
	},
}

type sum struct {
	key   []byte
	total counts
}

func (s *sum) MergeNewer(value []byte) error {
	c, err := decodeCounts(s.key, value)
	if err != nil {
		c = counts{inexact: true}
	}
	s.total.add(c)
	return nil
}

func (s *sum) MergeOlder(value []byte) error { return s.MergeNewer(value) }

func (s *sum) Finish(bool) ([]byte, io.Closer, error) { return s.total.encode(s.key), nil, nil }
