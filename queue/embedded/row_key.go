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

// key is that of the row's turn or hold, or the start of its members.
func (r rowKey) key(in byte) []byte {
	k := binary.BigEndian.AppendUint32(append(make([]byte, 0, 33), in), r.lane)
	return append(k, r.order[:]...)
}

// member is the key of a member.
func (r rowKey) member(m ref) []byte {
	k := binary.BigEndian.AppendUint64(r.key(inMembers), m.seq)
	return binary.BigEndian.AppendUint32(k, m.lane)
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

func parseMember(key []byte) (rowKey, ref, bool) {
	if len(key) != 33 {
		return rowKey{}, ref{}, false
	}
	row, _ := parseRow(key[:21])
	return row, ref{binary.BigEndian.Uint64(key[21:]), binary.BigEndian.Uint32(key[29:])}, true
}

// before tells which of two deliveries of a row was accepted first.
func (r ref) before(o ref) bool { return r.seq < o.seq }
