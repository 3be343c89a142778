package door

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// A counted connection counts how often a deadline is set.
type counted struct {
	net.Conn
	sets int
}

func (c *counted) SetReadDeadline(t time.Time) error {
	c.sets++
	return c.Conn.SetReadDeadline(t)
}

func (c *counted) SetWriteDeadline(t time.Time) error {
	c.sets++
	return c.Conn.SetWriteDeadline(t)
}

// pair is a patient connection and its peer, in a time that passes at once.
func pair(t *testing.T, f func(t *testing.T, p *patient, c *counted, peer net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		ours, peer := net.Pipe()
		defer ours.Close()
		defer peer.Close()
		c := &counted{Conn: ours}
		f(t, &patient{Conn: c}, c, peer)
	})
}

func ok(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func in(d time.Duration) time.Time { return time.Now().Add(d) }

// runsOut reads, which must end at the deadline and not before.
func runsOut(t *testing.T, p *patient, after time.Duration) {
	t.Helper()
	begin := time.Now()
	_, err := p.Read(make([]byte, 1))
	if took := time.Since(begin); !errors.Is(err, os.ErrDeadlineExceeded) || took != after {
		t.Errorf("it ended after %s, want %s: %v", took, after, err)
	}
}

func TestADeadlineHoldsWhateverStoodBefore(t *testing.T) {
	for name, before := range map[string][]time.Duration{
		"none": {}, "an earlier one": {time.Second}, "a later one": {time.Hour}, "both": {time.Hour, time.Second, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			pair(t, func(t *testing.T, p *patient, _ *counted, _ net.Conn) {
				for _, d := range before {
					ok(t, p.SetReadDeadline(in(d)))
				}
				ok(t, p.SetReadDeadline(in(10*time.Second)))
				runsOut(t, p, 10*time.Second)
				runsOut(t, p, 0)
				ok(t, p.SetReadDeadline(in(10*time.Second)))
				runsOut(t, p, 10*time.Second)
			})
		})
	}
}

func TestADeadlineThatIsTakenBack(t *testing.T) {
	pair(t, func(t *testing.T, p *patient, _ *counted, peer net.Conn) {
		ok(t, p.SetDeadline(in(time.Second)), p.SetDeadline(time.Time{}))
		go func() {
			time.Sleep(time.Hour)
			_, _ = peer.Write([]byte("x"))
			time.Sleep(time.Hour)
			_, _ = peer.Read(make([]byte, 2))
			time.Sleep(time.Hour)
			_, _ = peer.Read(make([]byte, 2))
		}()
		if n, err := p.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("read %d: %v", n, err)
		}
		if n, err := p.Write([]byte("yyyy")); n != 4 || err != nil {
			t.Errorf("wrote %d: %v", n, err)
		}
	})
}

// What breaks off a read that is under way leaves later ones alone.
func TestAReadIsBrokenOff(t *testing.T) {
	pair(t, func(t *testing.T, p *patient, _ *counted, peer net.Conn) {
		ok(t, p.SetReadDeadline(in(time.Minute)))
		ended := make(chan error, 1)
		go func() {
			_, err := p.Read(make([]byte, 1))
			ended <- err
		}()
		synctest.Wait()
		ok(t, p.SetReadDeadline(time.Unix(1, 0)))
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
		runsOut(t, p, 0)
		ok(t, p.SetReadDeadline(time.Time{}), p.SetReadDeadline(in(time.Second)))
		runsOut(t, p, time.Second)
		ok(t, p.SetReadDeadline(time.Unix(1, 0)), p.SetReadDeadline(time.Time{}))
		go func() { _, _ = peer.Write([]byte("x")) }()
		if n, err := p.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("read %d: %v", n, err)
		}
	})
}

func TestAWriteRunsOutOfTime(t *testing.T) {
	pair(t, func(t *testing.T, p *patient, _ *counted, peer net.Conn) {
		ok(t, p.SetWriteDeadline(in(time.Second)), p.SetWriteDeadline(in(time.Minute)))
		go func() { _, _ = peer.Read(make([]byte, 2)) }()
		begin := time.Now()
		n, err := p.Write([]byte("yyyy"))
		if took := time.Since(begin); n != 2 || !errors.Is(err, os.ErrDeadlineExceeded) || took != time.Minute {
			t.Errorf("wrote %d after %s: %v", n, took, err)
		}
	})
}

// A connection in use sets what breaks off a read, what ends that, and no more.
func TestDeadlinesOfABusyConnection(t *testing.T) {
	pair(t, func(t *testing.T, p *patient, c *counted, _ net.Conn) {
		request := func() {
			ok(t,
				p.SetReadDeadline(in(5*time.Second)), p.SetReadDeadline(in(30*time.Second)), p.SetWriteDeadline(in(time.Minute)),
				p.SetReadDeadline(time.Unix(1, 0)), p.SetReadDeadline(time.Time{}),
				p.SetReadDeadline(in(time.Minute)), p.SetReadDeadline(time.Time{}))
			time.Sleep(time.Millisecond)
		}
		request()
		before := c.sets
		for range 1000 {
			request()
		}
		if n := c.sets - before; n != 2000 {
			t.Errorf("1,000 requests set %d deadlines", n)
		}
	})
}
