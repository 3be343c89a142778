package embedded

import (
	"cmp"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// The first byte of each key; doc.go says what stands behind it.
const (
	inEvents     = 'e'
	inDeliveries = 'd'
	inSaid       = 'p'
	inBodies     = 'b'
	inWaiting    = 'w'
	inMembers    = 'o'
	inTurns      = 't'
	inHolds      = 'h'
	inIDs        = 'i'
	inKeys       = 'k'
	inForget     = 'x'
	inLanes      = 'l'
	inCounts     = 'c'
	inMark       = 'm'
	inRecount    = 'r'
	inAside      = 'q'
	inNames      = 'z'
)

// nobody is the lane of an event that owes nothing.
const nobody = 0

// A ref is where a delivery stands.
type ref struct {
	seq  uint64
	lane uint32
}

// A place is where a pending delivery waits in its lane.
type place struct {
	due int64
	seq uint64

	// from is the lane in the key of a delivery that was moved here; else 0.
	from uint32
}

// ref is where the delivery is stored that waits at p in a lane.
func (p place) ref(lane uint32) ref { return ref{p.seq, cmp.Or(p.from, lane)} }

func (p place) before(o place) bool {
	return p.due < o.due || p.due == o.due && p.seq < o.seq
}

type hash [16]byte

// A name is an id (inIDs) or an Idempotency-Key (inKeys) that was accepted.
type name struct {
	in   byte
	text string // the id as it is, or the hash of the key
}

func nameOfID(id string) name { return name{inIDs, id} }

func nameOfKey(h hash) name { return name{inKeys, string(h[:])} }

// hash is that of the key.
func (n name) hash() hash { return hash([]byte(n.text)) }

var (
	markKey    = []byte{inMark}
	recountKey = []byte{inRecount}
)

func eventKey(seq uint64) []byte { return seqKey(inEvents, seq) }

// seqKey is the start of all keys of an event in one of e, d, p and b.
func seqKey(in byte, seq uint64) []byte { return appendSeqKey(make([]byte, 0, 9), in, seq) }

func appendSeqKey(to []byte, in byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append(to, in), seq)
}

func (r ref) key(in byte) []byte { return r.appendKey(make([]byte, 0, 17), in) }

func (r ref) appendKey(to []byte, in byte) []byte {
	return binary.BigEndian.AppendUint32(appendSeqKey(to, in, r.seq), r.lane)
}

func (r ref) bodyKey(number int) []byte {
	return binary.BigEndian.AppendUint32(r.key(inBodies), uint32(number))
}

// parseRef reads the key of a d record.
func parseRef(key []byte) (ref, bool) {
	if len(key) != 13 {
		return ref{}, false
	}
	return ref{binary.BigEndian.Uint64(key[1:]), binary.BigEndian.Uint32(key[9:])}, true
}

const signBit = 1 << 63

func waitingKey(lane uint32, p place) []byte {
	k := binary.BigEndian.AppendUint32(append(make([]byte, 0, 25), inWaiting), lane)
	k = binary.BigEndian.AppendUint64(k, uint64(p.due)^signBit)
	k = binary.BigEndian.AppendUint64(k, p.seq)
	if p.from != 0 {
		k = binary.BigEndian.AppendUint32(k, p.from)
	}
	return k
}

func parseWaiting(key []byte) (lane uint32, p place, ok bool) {
	if len(key) != 21 && len(key) != 25 {
		return 0, place{}, false
	}
	p = place{
		due: int64(binary.BigEndian.Uint64(key[5:]) ^ signBit),
		seq: binary.BigEndian.Uint64(key[13:]),
	}
	if len(key) == 25 {
		p.from = binary.BigEndian.Uint32(key[21:])
	}
	return binary.BigEndian.Uint32(key[1:]), p, len(key) == 21 || p.from != 0
}

// laneKey is the key of a lane's record or counts, or the start of its waiting.
func laneKey(in byte, lane uint32) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, 5), in), lane)
}

func parseLane(key []byte) (uint32, bool) {
	if len(key) != 5 {
		return 0, false
	}
	return binary.BigEndian.Uint32(key[1:]), true
}

func (n name) key() []byte { return n.appendKey(make([]byte, 0, 1+len(n.text))) }

func (n name) appendKey(to []byte) []byte { return append(append(to, n.in), n.text...) }

// forgetKey says that the record of n may go 24 hours after at.
func forgetKey(at int64, n name) []byte {
	k := binary.BigEndian.AppendUint64(append(make([]byte, 0, 10+len(n.text)), inForget), uint64(at)^signBit)
	return append(append(k, n.in), n.text...)
}

func parseForget(key []byte) (at int64, n name, ok bool) {
	if len(key) < 11 || key[9] != inIDs && key[9] != inKeys {
		return 0, name{}, false
	}
	return int64(binary.BigEndian.Uint64(key[1:]) ^ signBit), name{key[9], string(key[10:])}, true
}

// asideKey keeps key, with the time, so that one key can be set aside twice.
func asideKey(key []byte, at int64) []byte {
	k := append(append(make([]byte, 0, len(key)+9), inAside), key...)
	return binary.BigEndian.AppendUint64(k, uint64(at)^signBit)
}

var sortable = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

const deliveryPrefix = "dlv_"

// text is r in 20 letters and digits that sort as r does.
func (r ref) text() string { return string(r.appendText(make([]byte, 0, 20))) }

func (r ref) appendText(to []byte) []byte {
	var raw [12]byte
	binary.BigEndian.PutUint64(raw[:], r.seq)
	binary.BigEndian.PutUint32(raw[8:], r.lane)
	return sortable.AppendEncode(to, raw[:])
}

func (r ref) id() string {
	return string(r.appendText(append(make([]byte, 0, len(deliveryPrefix)+20), deliveryPrefix...)))
}

// parseText reads what text wrote, and nothing else.
func parseText(s string) (ref, bool) {
	if len(s) != 20 {
		return ref{}, false
	}
	var raw [12]byte
	if n, err := sortable.Decode(raw[:], []byte(s)); err != nil || n != len(raw) {
		return ref{}, false
	}
	r := ref{binary.BigEndian.Uint64(raw[:]), binary.BigEndian.Uint32(raw[8:])}
	return r, r.text() == s // the last letter has bits to spare
}

func parseID(id string) (ref, bool) {
	s, ok := strings.CutPrefix(id, deliveryPrefix)
	if !ok {
		return ref{}, false
	}
	r, ok := parseText(s)
	return r, ok && r.lane != nobody
}

// seqOf is the seq in a key of e, d, p or b.
func seqOf(key []byte) uint64 {
	if len(key) < 9 {
		return 0
	}
	return binary.BigEndian.Uint64(key[1:])
}
