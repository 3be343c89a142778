package outbound

import (
	"math"

	"go.uber.org/zap"
)

// files is how many there are for what goes out, the line and the doors; 0: any
// number. Sockets are files. What goes out has a part of them, so that the others
// never lack one: a storage without files fails.
type files int

func (f files) part(of int) int {
	if f <= 0 {
		return math.MaxInt
	}
	return max(int(f)/of, 1)
}

// attempts may run at once: a quarter, for while it dials one may have two sockets.
func (f files) attempts() int { return f.part(4) }

// idle connections may wait for reuse in one pool: a sixteenth, for there is a pool for
// each scheme.
func (f files) idle() int { return min(f.part(16), mostIdle) }

// bounded is how many attempts of a plan run at once.
func (l *Lanes) bounded(p *Plan) int {
	asked, most := max(p.Egress.MaxInFlight, 1), l.files.attempts()
	if asked <= most {
		return asked
	}
	l.log.Warn("fewer attempts at once than egress.max_in_flight asks for: the process may not have files for more",
		zap.Int("max_in_flight", asked), zap.Int("attempts", most), zap.Int("files", int(l.files)))
	return most
}
