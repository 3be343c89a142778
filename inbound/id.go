package inbound

import (
	"crypto/rand"
	"time"

	"github.com/oklog/ulid/v2"
)

// ids makes up the ids of events that came without one: evt_ and a ULID, rising
// within a process.
type ids struct{ entropy ulid.LockedMonotonicReader }

func newIDs() *ids {
	return &ids{ulid.LockedMonotonicReader{MonotonicReader: ulid.Monotonic(rand.Reader, 0)}}
}

func (m *ids) next(now time.Time) string {
	ms := ulid.Timestamp(now)
	id, err := ulid.New(ms, &m.entropy)
	if err != nil { // no greater one is left in this millisecond
		id = ulid.MustNew(ms, rand.Reader)
	}
	text := [len("evt_") + ulid.EncodedSize]byte{0: 'e', 'v', 't', '_'}
	_ = id.MarshalTextTo(text[len("evt_"):]) // which fits
	return string(text[:])
}
