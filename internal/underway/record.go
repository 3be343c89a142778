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

func (r record) encode() []byte {
	b := make([]byte, recordSize)
	b[0], b[1], b[2] = r.state, r.crashes, byte(len(r.id))
	copy(b[3:], r.id)
	binary.LittleEndian.PutUint64(b[52:], uint64(r.at))
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	return b
}

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
