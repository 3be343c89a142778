package embedded

import (
	"encoding/binary"

	"github.com/posternhq/postern/queue"
)

// A rowKey names a row: the deliveries of one lane that are in one order.
type rowKey struct {
	lane  uint32
	order queue.Order
}

// key is that of the row's turn, or the start of its members or holds.
func (r rowKey) key(in byte) []byte {
	k := binary.BigEndian.AppendUint32(append(make([]byte, 0, 33), in), r.lane)
	return append(k, r.order[:]...)
}

// member is the key of a member.
func (r rowKey) member(m ref) []byte { return r.of(inMembers, m) }

// hold is the key that says of a member that it holds.
func (r rowKey) hold(m ref) []byte { return r.of(inHolds, m) }

func (r rowKey) of(in byte, m ref) []byte {
	k := binary.BigEndian.AppendUint64(r.key(in), m.seq)
	return binary.BigEndian.AppendUint32(k, m.lane)
}

// A member is one of the deliveries of a row.
type member struct {
	row rowKey
	ref
}

// end is a bound above the keys of all members.
func (r rowKey) end() []byte {
	return append(r.key(inMembers), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
}

func parseRow(key []byte) (rowKey, bool) {
	if len(key) != 21 {
		return rowKey{}, false
	}
	return rowKey{binary.BigEndian.Uint32(key[1:]), queue.Order(key[5:])}, true
}

// parseMember reads what member or hold wrote.
func parseMember(key []byte) (member, bool) {
	if len(key) != 33 {
		return member{}, false
	}
	row, _ := parseRow(key[:21])
	return member{row, ref{binary.BigEndian.Uint64(key[21:]), binary.BigEndian.Uint32(key[29:])}}, true
}

// before tells which of two deliveries of a row was accepted first.
func (r ref) before(o ref) bool { return r.seq < o.seq }
