package event

import (
	"iter"
	"math"
	"net/netip"
	"time"
)

// A Timeline says when an attempt had come how far, as the time since it began.
// 0 is what did not happen: an address needs no lookup, a connection that is used
// again no handshake, and what failed came no further.
type Timeline struct {
	DNS       time.Duration // the receiver's name was resolved
	Connect   time.Duration // a connection to it stood; behind a proxy, the tunnel
	TLS       time.Duration // its handshake was complete
	Sent      time.Duration // the request was written
	FirstByte time.Duration // the first byte of an answer came
	Done      time.Duration // the answer was read, as much of it as is read at all
}

// A Connection is what an attempt was made over, or tried to be.
type Connection struct {
	Remote  netip.AddrPort // of the receiver, as dialled; the zero value: nothing was
	Proxied bool           // a proxy was asked for Remote
	Reused  bool           // this attempt did not have to connect
	TLS     uint16         // version, in the numbers of crypto/tls; 0: none
}

// A Moment is one of a timeline.
type Moment struct {
	Name string // dns, connect, tls, sent, first_byte or done
	At   time.Duration
}

// Moments are those that came, in the order in which they come.
func (t *Timeline) Moments() iter.Seq[Moment] {
	return func(yield func(Moment) bool) {
		for _, m := range []Moment{
			{"dns", t.DNS}, {"connect", t.Connect}, {"tls", t.TLS}, {"sent", t.Sent}, {"first_byte", t.FirstByte}, {"done", t.Done},
		} {
			if m.At != 0 && !yield(m) {
				return
			}
		}
	}
}

// Milliseconds is when it was, to the microsecond that had begun: never 0.
func (m Moment) Milliseconds() float64 {
	return math.Ceil(float64(m.At)/float64(time.Microsecond)) / 1000
}
