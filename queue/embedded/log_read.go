package embedded

import (
	"encoding/binary"
	"hash/crc32"
)

// Pebble's logs, and its manifest, are blocks of chunks; a record is one chunk or
// more. Pebble stops at the first chunk that it can't read. What follows reads on
// behind it, to tell damage from an end that was never synced.

const (
	logBlock   = 32 << 10
	chunkSizes = 7 // checksum, length and type: the least header
)

// headerSize is that of a chunk, by its type: with the log's number from 5 on, and
// with how far the log was synced from 9 on.
func headerSize(kind byte) int {
	switch {
	case kind >= 1 && kind <= 4:
		return chunkSizes
	case kind >= 5 && kind <= 8:
		return chunkSizes + 4
	case kind >= 9 && kind <= 12:
		return chunkSizes + 12
	}
	return 0
}

// A chunk is a whole one whose checksum is right.
type chunk struct {
	first, last bool // of its record
	payload     []byte
	size        int
	synced      uint64 // so far the log was on disk when the chunk was written
}

func chunkAt(block []byte, num uint32) (c chunk, ok bool) {
	if len(block) < chunkSizes {
		return c, false
	}
	kind, length := block[6], int(binary.LittleEndian.Uint16(block[4:]))
	header := headerSize(kind)
	if header == 0 || header+length > len(block) {
		return c, false
	}
	if header > chunkSizes && binary.LittleEndian.Uint32(block[7:]) != num {
		return c, false
	}
	c.size = header + length
	if binary.LittleEndian.Uint32(block) != masked(crc32.Checksum(block[6:c.size], castagnoli)) {
		return c, false
	}
	if header == chunkSizes+12 {
		c.synced = binary.LittleEndian.Uint64(block[11:])
	}
	position := (kind - 1) % 4 // full, first, middle, last
	c.first, c.last = position < 2, position == 0 || position == 3
	c.payload = block[header:c.size]
	return c, true
}

// masked is how Pebble stores a checksum.
func masked(sum uint32) uint32 { return (sum>>15 | sum<<17) + 0xa282ead8 }

// ends tells whether a log ends here: its trailer has the number of the next.
func ends(block []byte, num uint32) bool {
	return len(block) >= chunkSizes+4 && headerSize(block[6]) == chunkSizes+4 && binary.LittleEndian.Uint32(block[7:]) == num+1
}

// A logRead is what can be read of a log.
type logRead struct {
	records [][]byte // up to what is unreadable and need not have been synced
	beyond  [][]byte // behind that
	proven  int      // places that are unreadable, and were synced
	gap     bool     // something readable stands behind something unreadable
	tail    bool     // it ends in something unreadable
	closed  bool     // it has its trailer
}

// readLog reads a log with a number; that of a manifest is 0.
func readLog(file []byte, num uint32) (r logRead) {
	w := logWalk{num: num}
	for at := 0; at < len(file) && !w.closed; at += logBlock {
		w.block(file[at:min(at+logBlock, len(file))], uint64(at))
	}
	r = w.logRead
	r.records = w.kept
	switch {
	case w.bad && w.closed: // it was whole then
		r.proven++
	case w.bad:
		r.tail = true
		r.records, r.beyond = w.kept[:w.before], w.kept[w.before:]
	}
	return r
}

type logWalk struct {
	logRead
	num     uint32
	kept    [][]byte
	partial []byte
	within  bool // a record has begun

	bad    bool   // something is unreadable at from, and it is not known why
	from   uint64 // offset of it
	before int    // records before it
}

func (w *logWalk) block(b []byte, offset uint64) {
	for at := 0; len(b)-at >= chunkSizes; {
		c, ok := chunkAt(b[at:], w.num)
		switch {
		case ok:
			w.chunk(c)
			at += c.size
		case ends(b[at:], w.num):
			w.closed = true
			return
		case isZero(b[at:]):
			if len(b)-at >= chunkSizes+12 { // else it is what a block has left over
				w.unreadable(offset + uint64(at))
			}
			return
		default:
			w.unreadable(offset + uint64(at))
			for at++; at < len(b); at++ {
				if _, ok := chunkAt(b[at:], w.num); ok {
					break
				}
			}
		}
	}
}

// unreadable notes a place.
func (w *logWalk) unreadable(at uint64) {
	w.within, w.partial = false, nil
	if !w.bad {
		w.bad, w.from, w.before = true, at, len(w.kept)
	}
}

func (w *logWalk) chunk(c chunk) {
	if w.bad {
		w.gap = true
		if c.synced > w.from {
			w.proven++
			w.bad = false
		}
	}
	if c.first {
		w.partial, w.within = nil, true
	}
	if !w.within {
		return
	}
	w.partial = append(w.partial, c.payload...)
	if c.last {
		w.kept = append(w.kept, w.partial)
		w.partial, w.within = nil, false
	}
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
