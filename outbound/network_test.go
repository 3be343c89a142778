package outbound

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/event"
)

// A relay stands between us and a receiver, and carries as it likes.
type relay struct {
	to    string
	carry func(n int, from, to net.Conn) // what we send, on the n-th connection from 1
}

// listen relays until the test ends.
func (r *relay) listen(t *testing.T) (address string) {
	var mu sync.Mutex
	n := 0
	return rawServer(t, func(c net.Conn) {
		to, err := net.Dial("tcp", r.to)
		if err != nil {
			return
		}
		defer to.Close()
		mu.Lock()
		n++
		number := n
		mu.Unlock()
		done := make(chan struct{})
		go func() {
			defer close(done)
			slice(to, c)
			c.Close()
		}()
		r.carry(number, c, to)
		to.Close()
		c.Close()
		<-done
	})
}

// slice carries byte by byte.
func slice(from, to net.Conn) {
	if c, ok := to.(*net.TCPConn); ok {
		_ = c.SetNoDelay(true)
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		for _, b := range buf[:n] {
			if _, err := to.Write([]byte{b}); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// A connection may be reset in the middle of a request, and the next carry byte by
// byte: what comes in whole is what was said, whatever came in before.
func TestWhatANetworkBreaksComesInWhole(t *testing.T) {
	for _, after := range []int64{1, 100, 5000} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("after %d bytes, TLS %v", after, secure), func(t *testing.T) {
				t.Parallel()
				checkBroken(t, after, secure)
			})
		}
	}
}

func checkBroken(t *testing.T, after int64, secure bool) {
	t.Helper()
	sums := make(chan string, 10) // of bodies that came in whole
	receive := func(_ http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		if _, err := io.Copy(h, r.Body); err == nil {
			sums <- hex.EncodeToString(h.Sum(nil))
		}
	}
	url := strings.TrimPrefix(serve(t, http.HandlerFunc(receive)), "http://")
	scheme, ca := "http", []byte(nil)
	if secure {
		s, pem := tlsServer(t, receive, nil)
		scheme, url, ca = "https", s.Listener.Addr().String(), pem
	}
	r := &relay{to: url, carry: func(n int, from, to net.Conn) {
		if n == 1 {
			_, _ = io.CopyN(to, from, after)
			_ = from.(*net.TCPConn).SetLinger(0)
			_ = to.(*net.TCPConn).SetLinger(0)
			return
		}
		slice(from, to)
	}}
	w := hook(t, "w", scheme+"://"+r.listen(t)+"/")
	w.Timeout = time.Minute
	p := plan(w)
	p.Egress.CA = ca
	deliver := courier(t, p)
	d := someDelivery("w")
	d.Event.Data = []byte(`{"text":"` + strings.Repeat("Zoë ", 5000) + `"}`)
	first := deliver(w, d).outcome
	if c := first.Class; first.State != event.Pending || c != event.Reset && c != event.TLS {
		t.Errorf("first %+v", first.Attempt)
	}
	d.Charged, d.Attempts, d.Said = 1, []event.Attempt{*first.Attempt}, first.Said
	if second := deliver(w, d).outcome; second.Class != event.OK {
		t.Errorf("then %+v", second.Attempt)
	}
	want := sha256.Sum256(spliceStandard(d.Event))
	if got := <-sums; got != hex.EncodeToString(want[:]) || len(sums) > 0 {
		t.Errorf("%d bodies came in, the first with %s", 1+len(sums), got)
	}
}

// A receiver that shuts its side, and reads on, has given no answer.
func TestAHalfClosedConnection(t *testing.T) {
	read := make(chan int64, 1)
	address := rawServer(t, func(c net.Conn) {
		_ = c.(*net.TCPConn).CloseWrite()
		n, _ := io.Copy(io.Discard, c)
		read <- n
	})
	w := hook(t, "w", "http://"+address+"/")
	checkFailure(t, courier(t, plan(w))(w, someDelivery("w")), event.Reset, 0, "closed the connection without an answer")
	<-read // we have closed too
}

// A connection whose other end is gone without a word costs one attempt its time;
// the next has a new one.
func TestAHalfOpenConnectionIsLeft(t *testing.T) {
	n := 0
	gone := acts(asked, tell(okFive), hang)
	well := acts(asked, tell(okFive), asked, tell(okFive), hang)
	act := func(p *peer) {
		if n++; n == 1 {
			gone(p)
		} else {
			well(p)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		pair := pipes(t, act)
		w := newWorld(t, nil)
		w.lanes.dial = pair.dial
		h := hook(t, "w", "http://127.0.0.1:7/")
		h.Timeout, h.Retry.Schedule = patience, []time.Duration{time.Second}
		w.run(plan(h))
		w.want(w.posted("w"), event.Delivered, event.OK, 1)
		id := w.posted("w")
		w.wait(patience + time.Second)
		d := w.want(id, event.Delivered, event.OK, 2)
		if a := d.Attempts[0]; a.Class != event.Timeout || a.Duration != patience {
			t.Errorf("the first is %+v", a)
		}
		w.want(w.posted("w"), event.Delivered, event.OK, 1)
		if dials := pair.dials(); len(dials) != 2 {
			t.Errorf("%d connections", len(dials))
		}
	})
}

// posted accepts an event, and lets everything come to rest.
func (w *world) posted(hook string) (delivery string) {
	w.t.Helper()
	delivery = w.post(hook)[0]
	synctest.Wait()
	return delivery
}

// Where small packets pass and large ones don't, a handshake is well, a small request
// too, and a large one is swallowed: that costs it its time, and the connection.
func TestAPathThatSwallowsLargePackets(t *testing.T) {
	const fits = 1400
	synctest.Test(t, func(t *testing.T) {
		n := pipes(t, secured(nil, func(p *peer) {
			for {
				r, err := http.ReadRequest(p.in)
				if err != nil {
					return
				}
				if r.ContentLength > fits { // the rest of it is lost
					hang(p)
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(p, okFive)
			}
		}))
		w := newWorld(t, nil)
		w.lanes.dial = n.dial
		small, big := hook(t, "small", "https://127.0.0.1:7/"), hook(t, "big", "https://127.0.0.1:7/")
		small.Timeout, big.Timeout, big.Retry.Schedule = patience, patience, nil
		large(t, big)
		p := plan(small, big)
		p.Egress.CA = n.ca.pem
		w.run(p)
		w.want(w.posted("small"), event.Delivered, event.OK, 1)
		id := w.posted("big")
		w.wait(patience)
		if d := w.want(id, event.Failed, event.Timeout, 1); d.Attempts[0].Duration != patience {
			t.Errorf("it took %s", d.Attempts[0].Duration)
		}
		w.want(w.posted("small"), event.Delivered, event.OK, 1)
		if dials := n.dials(); len(dials) != 2 {
			t.Errorf("%d connections", len(dials))
		}
	})
}

// A receiver that comes and goes ten times a second, for two minutes: everything
// arrives, by as many attempts as the schedule has, and never more at once than
// the webhook may have.
func TestAFlappingReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		up := func() bool {
			s := time.Since(begin)
			return s > 2*time.Minute || s/(100*time.Millisecond)%2 == 0
		}
		w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) {
			if slow(30*time.Millisecond)(nil, r); !up() {
				panic(http.ErrAbortHandler) // the connection is closed
			}
		}, func(o *Options) { o.Jitter = nil })
		w.lanes.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if !up() {
				return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			}
			return w.receiver.dial(ctx, network, address)
		}
		h := hook(t, "crm", "http://crm.test/")
		h.Concurrency = 4
		h.Retry.Schedule = []time.Duration{time.Second, 3 * time.Second, 9 * time.Second, 27 * time.Second, time.Minute, time.Minute, time.Minute, time.Minute}
		h.Circuit = Circuit{Failures: 10, ProbeAfter: time.Second, MaxWait: 10 * time.Second}
		w.run(plan(h))
		var ids []string
		for range 240 {
			ids = append(ids, w.post("crm")...)
			w.wait(470 * time.Millisecond)
		}
		w.wait(10 * time.Minute)
		failed := 0
		for _, id := range ids {
			d := w.delivery(id)
			failed += len(d.Attempts) - 1
			if d.State != event.Delivered || len(d.Attempts) > len(h.Retry.Schedule)+1 {
				t.Errorf("%s (%s) after %d attempts", d.State, d.Class, len(d.Attempts))
			}
		}
		if failed == 0 || w.receiver.peak("*") > h.Concurrency {
			t.Errorf("%d attempts failed, at most %d were under way", failed, w.receiver.peak("*"))
		}
	})
}
