package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

const lateWrites = time.Second // so that a request that takes too long is told as such

// hold bounds what a connection may cost the request that it serves. TLS writes
// by itself: alerts, answers to new keys. Those writes have no deadline, and
// Close waits for them, so that a receiver that reads nothing could keep an
// attempt for ever. Hence all writing ends soon after the request's time, also
// what a connection writes later, at rest; and when ctx ends, what is beneath TLS
// is closed.
func (s *stage) hold(ctx context.Context, conn net.Conn) {
	s.release()
	for c, ok := conn.(*tls.Conn); ok; c, ok = conn.(*tls.Conn) {
		conn = c.NetConn()
	}
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetWriteDeadline(end.Add(lateWrites)) // fails where it is closed already
	}
	s.held = context.AfterFunc(ctx, func() { _ = conn.Close() })
}

// release lets go of the connection, before the request's context is ended for
// good: others may use it.
func (s *stage) release() {
	if s.held != nil {
		s.held()
	}
}

// late is the end of ctx where a request failed for that: what it fails of once
// its connection is closed says nothing.
func (s *stage) late(ctx context.Context, err error) error {
	if err != nil && s.connected.Load() && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
