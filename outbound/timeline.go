package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"net/netip"
	"sync"
	"time"

	"github.com/posternhq/postern/event"
)

// A recorder keeps when a request came how far, and over which connection. A
// transport dials and writes in the background, hence the lock; and what it
// dialled may serve another request, when this one got a connection sooner.
type recorder struct {
	began time.Time // of the attempt

	mu       sync.Mutex
	dialled  net.Conn // for this request
	got      bool     // a connection: what is still dialled says nothing of it
	timeline event.Timeline
	over     event.Connection
}

// mark notes the first time that a request comes so far.
func (r *recorder) mark(at *time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(at)
}

// markDial is mark for what comes before there is a connection.
func (r *recorder) markDial(at *time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.got {
		r.note(at)
	}
}

// note never notes 0, however coarse the clock is.
func (r *recorder) note(at *time.Duration) {
	if *at == 0 {
		*at = max(time.Since(r.began), 1)
	}
}

// tries notes the first address that was dialled: it is the one that is told
// where all fail.
func (r *recorder) tries(to netip.AddrPort, proxied bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.got && !r.over.Remote.IsValid() {
		r.over.Remote, r.over.Proxied = unmapped(to), proxied
	}
}

// reached notes what was dialled.
func (r *recorder) reached(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.got {
		return
	}
	r.dialled = conn
	r.over.Remote, r.over.Proxied = remoteOf(conn)
	r.note(&r.timeline.Connect)
}

// uses notes the connection that the request goes over.
func (r *recorder) uses(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = true
	if c, ok := conn.(*tls.Conn); ok {
		r.over.TLS = c.ConnectionState().Version
	}
	if c := socketOf(conn); c != nil {
		conn = c.Conn
	}
	r.over.Remote, r.over.Proxied = remoteOf(conn)
	if r.over.Reused = conn != r.dialled; r.over.Reused {
		r.timeline = event.Timeline{}
	}
}

// record is what came of it.
func (r *recorder) record() (event.Timeline, event.Connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.timeline, r.over
}

// remoteOf is the receiver's address, also behind a proxy.
func remoteOf(conn net.Conn) (to netip.AddrPort, proxied bool) {
	if t, ok := conn.(*tunnelled); ok {
		return unmapped(t.to), true
	}
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return unmapped(a.AddrPort()), false
	}
	return netip.AddrPort{}, false
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// A tunnelled connection is one through a proxy.
type tunnelled struct {
	net.Conn
	to netip.AddrPort
}

// recorded tells the request for which something is dialled.
func recorded(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		s := stageOf(ctx)
		trace := &httptrace.ClientTrace{DNSStart: s.looksUp, DNSDone: s.lookedUp}
		conn, err := dial(httptrace.WithClientTrace(ctx, trace), network, address)
		if err != nil {
			return nil, err
		}
		s.reached(conn)
		return &socket{Conn: conn}, nil
	}
}

// unrecorded is for dialling what is not the receiver.
func unrecorded(ctx context.Context) context.Context {
	return context.WithValue(ctx, stageKey{}, new(stage))
}
