package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/posternhq/postern/event"
)

// A recorder keeps when a request came how far, and over which connection. Addresses
// are tried side by side, and a large request is written beside the reading: hence
// the lock.
type recorder struct {
	began time.Time // of the attempt

	mu       sync.Mutex
	timeline event.Timeline
	over     event.Connection
}

// mark notes the first time that a request comes so far: never 0, however coarse
// the clock is.
func (r *recorder) mark(at *time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if *at == 0 {
		*at = max(time.Since(r.began), 1)
	}
}

// tries notes the first address that was dialled: it is the one that is told
// where all fail.
func (r *recorder) tries(to netip.AddrPort, proxied bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over.Remote.IsValid() {
		r.over.Remote, r.over.Proxied = unmapped(to), proxied
	}
}

// reached notes what was dialled.
func (r *recorder) reached(conn net.Conn) {
	r.mark(&r.timeline.Connect)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over.Remote, r.over.Proxied = remoteOf(conn)
}

// goesOver notes the connection that the request has.
func (r *recorder) goesOver(c *connection, reused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over.Reused = reused
	r.over.Remote, r.over.Proxied = remoteOf(c.beneath)
	if secured, ok := c.stream.(*tls.Conn); ok {
		r.over.TLS = secured.ConnectionState().Version
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

// unrecorded is for dialling what is not the receiver.
func unrecorded(ctx context.Context) context.Context {
	return context.WithValue(ctx, stageKey{}, new(stage))
}
