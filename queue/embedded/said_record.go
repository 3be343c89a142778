package embedded

import (
	"encoding/binary"

	"github.com/posternhq/postern/event"
)

func encodeSaid(key []byte, s *event.Said) []byte {
	v := make([]byte, envelope, envelope+64+len(s.Payload)+32*len(s.Holes))
	v = appendText(v, s.Method)
	v = appendText(v, s.ContentType)
	v = binary.AppendUvarint(v, uint64(len(s.Holes)))
	for _, h := range s.Holes {
		v = binary.AppendUvarint(v, uint64(h.Offset))
		v = appendText(v, h.Secret)
		v = append(v, byte(h.Escape))
	}
	return seal(key, append(v, s.Payload...))
}

// decodeSaid copies what it returns.
func decodeSaid(key, v []byte) (*event.Said, error) {
	r, err := open(key, v)
	if err != nil {
		return nil, err
	}
	s := &event.Said{Method: r.text(), ContentType: r.text()}
	for n := r.small(); n > 0 && !r.bad; n-- {
		s.Holes = append(s.Holes, event.Hole{
			Offset: r.small(),
			Secret: r.text(),
			Escape: event.Escape(r.byte()),
		})
	}
	s.Payload = append([]byte(nil), r.rest()...)
	for _, h := range s.Holes {
		if h.Offset > len(s.Payload) {
			r.fail()
		}
	}
	return s, r.err()
}

func encodeBody(key, body []byte) []byte {
	return seal(key, append(make([]byte, envelope, envelope+len(body)), body...))
}

// decodeBody copies what it returns.
func decodeBody(key, v []byte) ([]byte, error) {
	r, err := open(key, v)
	if err != nil {
		return nil, err
	}
	return append([]byte(nil), r.rest()...), nil
}
