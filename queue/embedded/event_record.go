package embedded

import (
	"encoding/binary"

	"github.com/posternhq/postern/event"
)

// An event without a trace and that was no CloudEvent is written in version 1,
// any other in version 2, which has their lot between source and data.
const eventVersion = 2

func encodeEvent(buf, key []byte, e *event.Event) []byte {
	v := blank(buf, 32+len(e.ID)+len(e.Type)+len(e.Time)+len(e.Source)+besides(e)+len(e.Data))
	v = appendTime(v, e.Accepted)
	v = appendText(v, e.ID)
	v = appendText(v, e.Type)
	v = appendText(v, e.Time)
	v = appendText(v, e.Source)
	if besides(e) == 0 {
		return seal(key, append(v, e.Data...))
	}
	v = appendText(v, e.Trace.Parent)
	v = appendText(v, e.Trace.State)
	if e.Cloud == nil {
		v = append(v, 0)
	} else {
		v = append(v, 1)
		v = appendText(v, e.Cloud.ID)
		v = appendText(v, e.Cloud.Attributes)
	}
	return sealAs(eventVersion, key, append(v, e.Data...))
}

// besides is at least what an event takes beyond version 1, in bytes; 0: that
// holds it.
func besides(e *event.Event) int {
	n := len(e.Trace.Parent) + len(e.Trace.State)
	if e.Cloud != nil {
		n += len(e.Cloud.ID) + len(e.Cloud.Attributes) + 2*binary.MaxVarintLen32
	}
	if n > 0 {
		n += 2*binary.MaxVarintLen32 + 1
	}
	return n
}

// decodeEvent copies what it returns.
func decodeEvent(key, v []byte) (*event.Event, error) {
	version, r, err := openUpTo(eventVersion, key, v)
	if err != nil {
		return nil, err
	}
	e := &event.Event{
		Accepted: r.time(),
		ID:       r.text(),
		Type:     r.text(),
		Time:     r.text(),
		Source:   r.text(),
	}
	if version == eventVersion {
		e.Trace = event.Trace{Parent: r.text(), State: r.text()}
		if r.flag() {
			e.Cloud = &event.Cloud{ID: r.text(), Attributes: append([]byte(nil), r.bytes()...)}
		}
		if besides(e) == 0 {
			return nil, errUnreadable // it would be written otherwise
		}
	}
	e.Data = append([]byte(nil), r.rest()...)
	return e, r.err()
}
