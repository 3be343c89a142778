package embedded

import (
	"cmp"
	"encoding/binary"
	"math"
	"net/netip"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

const maxAttempts = 50 // kept of one delivery, the newest

// A delivery is a d record.
type delivery struct {
	ref
	moved     uint32 // the lane that it was moved to; 0: it is in that of its key
	state     state
	created   time.Time
	at        int64 // acceptance, by the clock of the line
	due       int64 // next attempt, by the clock of the lane; of a pending one
	aged      int64 // acceptance or last replay, by the clock of the lane
	ended     int64 // by the clock of the line; of one that has ended
	charged   int
	number    int // of the last attempt
	eventSize int // bytes of the e record
	saidSize  int // bytes of the p record; 0: there is none
	class     string
	typ       string
	eventID   string
	key       *hash // of the Idempotency-Key
	order     queue.Order
	holds     bool // failed, and still a member of its row
	attempts  []attempt

	stored int // bytes of the d record as it was read
}

type attempt struct {
	event.Attempt     // without its body
	bodySize      int // bytes of the b record; 0: there is none
}

// ordered tells whether it waits for others of its lane.
func (d *delivery) ordered() bool { return d.order != queue.Order{} }

// in is the number of the lane that has the delivery.
func (d *delivery) in() uint32 { return cmp.Or(d.moved, d.ref.lane) }

// moveTo gives it to another lane. Its key, and so its id, stays.
func (d *delivery) moveTo(lane uint32) {
	d.moved = lane
	if lane == d.ref.lane {
		d.moved = 0
	}
}

func (d *delivery) place() place {
	p := place{due: d.due, seq: d.seq}
	if d.moved != 0 {
		p.from = d.ref.lane
	}
	return p
}

// waitsAt tells whether it waits in n, at p.
func (d *delivery) waitsAt(n *lane, p place) bool {
	return d.state == pending && d.in() == n.num && d.place() == p
}

// size is all that the delivery keeps on disk, as it was read.
func (d *delivery) size() int64 {
	n := d.stored + d.saidSize
	for _, a := range d.attempts {
		n += a.bodySize
	}
	return int64(n)
}

// counts is what the delivery adds to its lane, as it was read.
func (d *delivery) counts() (c counts) {
	c.bytes = d.size()
	c.of[d.state]++
	return c
}

const (
	hasKey    = 1 // flags of a delivery
	isMoved   = 2
	inOrder   = 4
	isHolding = 8

	truncated = 1 // flags of an attempt
	requested = 2 // it has a timeline and a connection; those of the first versions have not

	proxied = 1 // flags of a connection
	reused  = 2
)

// wasMoved looks at the flags of a d record without checking it.
func wasMoved(v []byte) bool { return len(v) > envelope+1 && v[envelope+1]&isMoved != 0 }

// encode also notes the size of the record in d.
func (d *delivery) encode(buf, key []byte) []byte {
	v := blank(buf, 96+len(d.class)+len(d.typ)+len(d.eventID)+96*len(d.attempts))
	var flags byte
	if d.key != nil {
		flags |= hasKey
	}
	if d.moved != 0 {
		flags |= isMoved
	}
	if d.ordered() {
		flags |= inOrder
	}
	if d.holds {
		flags |= isHolding
	}
	v = append(v, byte(d.state), flags)
	v = appendTime(v, d.created)
	v = binary.AppendVarint(v, d.at)
	v = binary.AppendVarint(v, d.due)
	v = binary.AppendVarint(v, d.aged)
	v = binary.AppendVarint(v, d.ended)
	for _, n := range []int{d.charged, d.number, d.eventSize, d.saidSize} {
		v = binary.AppendUvarint(v, uint64(n))
	}
	v = appendText(v, d.class)
	v = appendText(v, d.typ)
	v = appendText(v, d.eventID)
	if d.key != nil {
		v = append(v, d.key[:]...)
	}
	if d.moved != 0 {
		v = binary.BigEndian.AppendUint32(v, d.moved)
	}
	if d.ordered() {
		v = append(v, d.order[:]...)
	}
	for i := range d.attempts {
		v = d.attempts[i].append(v)
	}
	d.stored = len(key) + len(v)
	return seal(key, v)
}

func (a *attempt) append(v []byte) []byte {
	var flags byte
	if a.Truncated {
		flags |= truncated
	}
	if a.requested() {
		flags |= requested
	}
	v = append(v, flags)
	v = binary.AppendUvarint(v, uint64(a.Number))
	v = appendTime(v, a.At)
	v = binary.AppendVarint(v, int64(a.Duration))
	v = binary.AppendUvarint(v, uint64(a.Status))
	v = binary.AppendUvarint(v, uint64(a.bodySize))
	v = appendText(v, a.Class)
	v = appendText(v, a.Error)
	if a.requested() {
		v = appendConnection(v, &a.Connection)
		for _, at := range moments(&a.Timeline) {
			v = binary.AppendVarint(v, int64(*at))
		}
	}
	return v
}

func (a *attempt) requested() bool {
	return a.Timeline != event.Timeline{} || a.Connection != event.Connection{}
}

// moments are those of a timeline, in the order of the record.
func moments(t *event.Timeline) [6]*time.Duration {
	return [...]*time.Duration{&t.DNS, &t.Connect, &t.TLS, &t.Sent, &t.FirstByte, &t.Done}
}

func appendConnection(v []byte, c *event.Connection) []byte {
	var flags byte
	if c.Proxied {
		flags |= proxied
	}
	if c.Reused {
		flags |= reused
	}
	v = append(v, flags)
	switch a := c.Remote.Addr(); {
	case a.Is4():
		four := a.As4()
		v = appendText(v, four[:])
	case a.IsValid():
		sixteen := a.As16()
		v = appendText(v, sixteen[:])
	default:
		v = appendText(v, "")
	}
	v = binary.AppendUvarint(v, uint64(c.Remote.Port()))
	return binary.AppendUvarint(v, uint64(c.TLS))
}

func (r *reader) connection() (c event.Connection) {
	flags, address := r.byte(), r.bytes()
	port, version := r.small(), r.small()
	a, ok := netip.AddrFromSlice(address)
	if !ok && len(address) > 0 || port > math.MaxUint16 || version > math.MaxUint16 {
		r.fail()
		return c
	}
	return event.Connection{
		Remote: netip.AddrPortFrom(a, uint16(port)), Proxied: flags&proxied != 0, Reused: flags&reused != 0, TLS: uint16(version),
	}
}

// A head is a d record whose texts are views and whose attempts are not taken
// apart yet: enough to choose by.
type head struct {
	delivery
	class, typ, eventID []byte
	rest                reader
}

func decodeHead(key, v []byte) (h head, err error) {
	r, err := open(key, v)
	if err != nil {
		return h, err
	}
	var ok bool
	if h.ref, ok = parseRef(key); !ok {
		return h, errUnreadable
	}
	h.state = state(r.byte())
	flags := r.byte()
	h.created = r.time()
	h.at, h.due, h.aged, h.ended = r.int(), r.int(), r.int(), r.int()
	h.charged, h.number, h.eventSize, h.saidSize = r.small(), r.small(), r.small(), r.small()
	h.class, h.typ, h.eventID = r.bytes(), r.bytes(), r.bytes()
	if flags&hasKey != 0 {
		k := new(hash)
		copy(k[:], r.take(len(k)))
		h.key = k
	}
	if flags&isMoved != 0 {
		h.moved = r.lane()
	}
	if flags&inOrder != 0 {
		copy(h.order[:], r.take(len(h.order)))
	}
	h.holds = flags&isHolding != 0
	if r.bad || h.state < pending || h.state >= states {
		return h, errUnreadable
	}
	h.stored = len(key) + len(v)
	h.rest = r
	return h, nil
}

// brief is the delivery without its attempts. It copies.
func (h *head) brief() delivery {
	d := h.delivery
	d.class, d.typ, d.eventID = string(h.class), string(h.typ), string(h.eventID)
	return d
}

// whole is the delivery with its attempts. It copies.
func (h *head) whole() (delivery, error) {
	d, r := h.brief(), h.rest
	for len(r.b) > 0 {
		flags := r.byte()
		var a attempt
		a.Number = r.small()
		a.At = r.time()
		a.Duration = time.Duration(r.int())
		a.Status = r.small()
		a.bodySize = r.small()
		a.Class = event.Class(r.text())
		a.Error = r.text()
		a.Truncated = flags&truncated != 0
		if flags&requested != 0 {
			a.Connection = r.connection()
			for _, at := range moments(&a.Timeline) {
				*at = time.Duration(r.int())
			}
		}
		d.attempts = append(d.attempts, a)
	}
	return d, r.err()
}

func decodeDelivery(key, v []byte) (delivery, error) {
	h, err := decodeHead(key, v)
	if err != nil {
		return delivery{}, err
	}
	return h.whole()
}
