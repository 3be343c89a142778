package underway

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	header     = "postern-attempts 1\n"
	recordSize = 64
	longestID  = 48

	free    = 0
	active  = 'a'
	suspect = 's'
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type record struct {
	state   byte
	crashes byte
	id      string
	at      int64
}

// write writes a record over another one, which is free meanwhile: the state comes
// last.
func (r record) write(b []byte) {
	b[0], b[1], b[2] = free, r.crashes, byte(len(r.id))
	clear(b[3+copy(b[3:52], r.id) : 52])
	binary.LittleEndian.PutUint64(b[52:], uint64(r.at))
	sum := crc32.Update(sumOf[r.state], castagnoli, b[1:60])
	binary.LittleEndian.PutUint32(b[60:], sum)
	b[0] = r.state
}

// sumOf is the checksum of a state, with which that of its record begins.
var sumOf = func() (sums [256]uint32) {
	for state := range sums {
		sums[state] = crc32.Checksum([]byte{byte(state)}, castagnoli)
	}
	return sums
}()

// decode reads a record; ok is false for a free or a broken one.
func decode(b []byte) (r record, ok bool) {
	if b[0] != active && b[0] != suspect || b[2] == 0 || b[2] > longestID {
		return r, false
	}
	if crc32.Checksum(b[:60], castagnoli) != binary.LittleEndian.Uint32(b[60:]) {
		return r, false
	}
	return record{b[0], b[1], string(b[3 : 3+b[2]]), int64(binary.LittleEndian.Uint64(b[52:]))}, true
}
