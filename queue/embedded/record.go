package embedded

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"time"
)

const recordVersion = 1

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errUnreadable = errors.New("unreadable record")
)

const envelope = 5 // bytes in front of a body: version and checksum

// blank is a value to be written in buf, or in a larger one if that takes less than
// size: nil for one of its own.
func blank(buf []byte, size int) []byte { return slices.Grow(buf[:0], envelope+size)[:envelope] }

// seal makes a value of v, whose first envelope bytes are still free. The
// checksum covers the key too, so that no value counts under another's.
func seal(key, v []byte) []byte { return sealAs(recordVersion, key, v) }

func sealAs(version byte, key, v []byte) []byte {
	v[0] = version
	binary.LittleEndian.PutUint32(v[1:], checksum(key, v))
	return v
}

func checksum(key, v []byte) uint32 {
	sum := crc32.Update(0, castagnoli, key)
	sum = crc32.Update(sum, castagnoli, v[:1])
	return crc32.Update(sum, castagnoli, v[envelope:])
}

// open checks a value and returns a reader of its body.
func open(key, v []byte) (reader, error) {
	_, r, err := openUpTo(recordVersion, key, v)
	return r, err
}

// openUpTo is open for a kind of record that has a version after the first.
func openUpTo(newest byte, key, v []byte) (version byte, r reader, err error) {
	if len(v) < envelope || v[0] < recordVersion || v[0] > newest || binary.LittleEndian.Uint32(v[1:]) != checksum(key, v) {
		return 0, reader{}, errUnreadable
	}
	return v[0], reader{b: v[envelope:]}, nil
}

// A reader takes a body apart. After the first mistake everything it reads is
// zero, and err says so.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) fail() { r.b, r.bad = nil, true }

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// small reads a number that has to fit an int, and a size that a record may have.
func (r *reader) small() int {
	v := r.uint()
	if v > 1<<31-1 {
		r.fail()
		return 0
	}
	return int(v)
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

// flag reads a byte that is 0 or 1.
func (r *reader) flag() bool {
	c := r.byte()
	if c > 1 {
		r.fail()
	}
	return c == 1
}

// lane reads the number of a lane.
func (r *reader) lane() uint32 {
	v := r.take(4)
	if r.bad || binary.BigEndian.Uint32(v) == nobody {
		r.fail()
		return nobody
	}
	return binary.BigEndian.Uint32(v)
}

// take reads n bytes, as a view.
func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// bytes reads a length and as many bytes, as a view.
func (r *reader) bytes() []byte { return r.take(r.small()) }

func (r *reader) text() string { return string(r.bytes()) }

// rest is a view of all that is left.
func (r *reader) rest() []byte { return r.take(len(r.b)) }

func (r *reader) time() time.Time { return fromNano(r.int()) }

// err is nil if everything was there, and nothing more.
func (r *reader) err() error {
	if r.bad || len(r.b) > 0 {
		return errUnreadable
	}
	return nil
}

func appendText[T ~string | ~[]byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTime(b []byte, t time.Time) []byte { return binary.AppendVarint(b, toNano(t)) }

// toNano and fromNano keep the zero time, which has no Unix nanoseconds.
func toNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNano(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
