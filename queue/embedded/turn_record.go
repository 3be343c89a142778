package embedded

import "encoding/binary"

// A turn is what is stored of a row that has members.
type turn struct {
	first ref // the member that was accepted first

	// now is the member whose turn it is: it alone has a place where it waits, or
	// is leased. Zero: nobody's, for the first one holds.
	now ref

	members int
	stood   bool // it has been held since it was last empty
}

const rowStood = 1 // flag of a turn

// isOnly tells whether r is the only member.
func (t turn) isOnly(r ref) bool { return t.members == 1 && t.first == r }

func (t turn) encode(key []byte) []byte {
	v := make([]byte, envelope, envelope+32)
	var flags byte
	if t.stood {
		flags |= rowStood
	}
	v = append(v, flags)
	for _, r := range []ref{t.first, t.now} {
		v = binary.BigEndian.AppendUint64(v, r.seq)
		v = binary.BigEndian.AppendUint32(v, r.lane)
	}
	v = binary.AppendUvarint(v, uint64(t.members))
	return seal(key, v)
}

func decodeTurn(key, v []byte) (t turn, err error) {
	r, err := open(key, v)
	if err != nil {
		return t, err
	}
	flags := r.byte()
	t.stood = flags&rowStood != 0
	for _, to := range []*ref{&t.first, &t.now} {
		if raw := r.take(12); raw != nil {
			*to = ref{binary.BigEndian.Uint64(raw), binary.BigEndian.Uint32(raw[8:])}
		}
	}
	t.members = r.small()
	return t, r.err()
}
