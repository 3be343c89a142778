package embedded

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/posternhq/postern/event"
)

// An accepted is what is remembered of an id or an Idempotency-Key.
type accepted struct {
	seq    uint64 // of the event
	at     int64  // by the clock of the line
	digest hash   // of type, source and data; zero: made of the event when somebody asks
	id     string // of the event, under an Idempotency-Key
}

func (a *accepted) encode(buf, key []byte) []byte {
	v := blank(buf, 48+len(a.id))
	v = binary.AppendUvarint(v, a.seq)
	v = binary.AppendVarint(v, a.at)
	v = append(v, a.digest[:]...)
	return seal(key, append(v, a.id...))
}

func decodeAccepted(key, v []byte) (a accepted, err error) {
	r, err := open(key, v)
	if err != nil {
		return a, err
	}
	a.seq, a.at = r.uint(), r.int()
	copy(a.digest[:], r.take(len(a.digest)))
	a.id = string(r.rest())
	return a, r.err()
}

func hashText(s string) hash {
	sum := sha256.Sum256([]byte(s))
	return hash(sum[:16])
}

// digest tells events apart that carry the same id: by what makes them another
// event, and not by the time that a sender stamps on each try.
func digest(e *event.Event) hash {
	h := sha256.New()
	var buf [10]byte
	for _, s := range []string{e.Type, e.Source} {
		h.Write(binary.AppendUvarint(buf[:0], uint64(len(s))))
		h.Write([]byte(s))
	}
	h.Write(e.Data)
	var sum [sha256.Size]byte
	return hash(h.Sum(sum[:0])[:16])
}
