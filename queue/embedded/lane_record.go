package embedded

import "encoding/binary"

// A laneRecord is what is stored of a lane.
type laneRecord struct {
	name  string
	stood int64 // nanoseconds that its clock has stood still, until since
	since int64 // when it was stopped, by the clock of the line; 0: it runs
	note  []byte
}

func (n *laneRecord) encode(key []byte) []byte {
	v := make([]byte, envelope, envelope+24+len(n.name)+len(n.note))
	v = appendText(v, n.name)
	v = binary.AppendVarint(v, n.stood)
	v = binary.AppendVarint(v, n.since)
	return seal(key, append(v, n.note...))
}

// setLane writes the record of a lane in two places that no damaged block has both
// of, unless the line is next to empty: without its name a lane goes nowhere.
func (b batch) setLane(num uint32, r *laneRecord) {
	for _, in := range []byte{inLanes, inNames} {
		key := laneKey(in, num)
		b.set(key, r.encode(key))
	}
}

// decodeLane copies what it returns.
func decodeLane(key, v []byte) (n laneRecord, err error) {
	r, err := open(key, v)
	if err != nil {
		return n, err
	}
	n.name, n.stood, n.since = r.text(), r.int(), r.int()
	n.note = append([]byte(nil), r.rest()...)
	return n, r.err()
}

// A mark is how far the line has come.
type mark struct {
	seq   uint64 // the highest given out
	clock int64
	wall  int64 // what the wall clock showed then
}

func (m mark) encode() []byte {
	v := binary.AppendUvarint(make([]byte, envelope, 40), m.seq)
	v = binary.AppendVarint(v, m.clock)
	return seal(markKey, binary.AppendVarint(v, m.wall))
}

func decodeMark(v []byte) (m mark, err error) {
	r, err := open(markKey, v)
	if err != nil {
		return m, err
	}
	m.seq, m.clock = r.uint(), r.int()
	if len(r.b) > 0 { // the first marks had none
		m.wall = r.int()
	}
	return m, r.err()
}
