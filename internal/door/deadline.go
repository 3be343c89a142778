package door

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// A patient connection moves its deadlines only when they come nearer. The server
// sets seven for each request, nearly all of them later than the one before; the
// connection keeps an earlier one, and when that has passed without being meant
// any more, it sets what is meant and goes on.
type patient struct {
	net.Conn
	read, write deadline
}

// A deadline is one that is meant, and one that is set, which is never later.
type deadline struct {
	mu    sync.Mutex
	meant time.Time // zero: none
	set   time.Time // likewise
	cut   bool      // one long ago is set in its place
}

// longAgo: a deadline before it is meant to break off what is under way, and
// nothing more.
var longAgo = time.Unix(1<<20, 0)

// mean notes a deadline, and sets one if it has to.
func (d *deadline) mean(t time.Time, set func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.meant = t
	switch {
	case t.IsZero():
		return nil
	case t.Before(longAgo):
		d.cut = true
		return set(t)
	case d.set.IsZero() || t.Before(d.set):
		d.set = t
	case !d.cut:
		return nil
	}
	d.cut = false
	return set(d.set)
}

// goesOn tells whether an operation that ended with err is to be begun again: its
// time is not over, though the deadline that was set has passed.
func (d *deadline) goesOn(err error, set func(time.Time) error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isOver() {
		return false
	}
	d.set, d.cut = d.meant, false
	return set(d.meant) == nil
}

// isOver tells whether what is meant has passed; most often it is long ago.
func (d *deadline) isOver() bool {
	return !d.meant.IsZero() && (d.meant.Before(longAgo) || !d.meant.After(time.Now()))
}

func (p *patient) SetReadDeadline(t time.Time) error { return p.read.mean(t, p.Conn.SetReadDeadline) }

func (p *patient) SetWriteDeadline(t time.Time) error {
	return p.write.mean(t, p.Conn.SetWriteDeadline)
}

func (p *patient) SetDeadline(t time.Time) error {
	return errors.Join(p.SetReadDeadline(t), p.SetWriteDeadline(t))
}

func (p *patient) Read(b []byte) (n int, err error) {
	for {
		if n, err = p.Conn.Read(b); n > 0 || err == nil || !p.read.goesOn(err, p.Conn.SetReadDeadline) {
			return n, err
		}
	}
}

func (p *patient) Write(b []byte) (n int, err error) {
	for {
		var some int
		some, err = p.Conn.Write(b[n:])
		if n += some; err == nil || !p.write.goesOn(err, p.Conn.SetWriteDeadline) {
			return n, err
		}
	}
}
