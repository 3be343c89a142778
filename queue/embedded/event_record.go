package embedded

import "github.com/posternhq/postern/event"

func encodeEvent(key []byte, e *event.Event) []byte {
	v := make([]byte, envelope, envelope+32+len(e.ID)+len(e.Type)+len(e.Time)+len(e.Source)+len(e.Data))
	v = appendTime(v, e.Accepted)
	v = appendText(v, e.ID)
	v = appendText(v, e.Type)
	v = appendText(v, e.Time)
	v = appendText(v, e.Source)
	return seal(key, append(v, e.Data...))
}

// decodeEvent copies what it returns.
func decodeEvent(key, v []byte) (*event.Event, error) {
	r, err := open(key, v)
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
	e.Data = append([]byte(nil), r.rest()...)
	return e, r.err()
}
