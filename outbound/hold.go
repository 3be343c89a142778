package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

const (
	lateWrites    = time.Second           // so that a request that takes too long is told as such
	partingWrites = 10 * time.Millisecond // what TLS says when it closes
)

// A socket is a connection as it is beneath TLS. TLS writes by itself: alerts,
// answers to new keys. Those writes have no deadline, and Close waits for them, so
// that a receiver that reads nothing could hold up whoever closes. Hence all
// writing ends soon after the time of the request that the connection serves, and
// soon after it has come to rest.
type socket struct {
	net.Conn

	mu   sync.Mutex
	user *stage // that it served last; nil: it rests
}

// serve has a request write until its end.
func (c *socket) serve(s *stage, end time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.user = s
	if !end.IsZero() {
		_ = c.Conn.SetWriteDeadline(end.Add(lateWrites)) // fails where it is closed already
	}
}

// rest is told that a request is over. Another one may have the connection already.
func (c *socket) rest(s *stage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.user == s {
		c.user = nil
		_ = c.Conn.SetWriteDeadline(time.Now().Add(lateWrites))
	}
}

// SetWriteDeadline is what TLS asks for before it closes: too much.
func (c *socket) SetWriteDeadline(t time.Time) error {
	return c.Conn.SetWriteDeadline(earlier(t, time.Now().Add(partingWrites)))
}

// socketOf is what is beneath a connection of a transport.
func socketOf(conn net.Conn) *socket {
	if c, ok := conn.(*tls.Conn); ok {
		conn = c.NetConn()
	}
	c, _ := conn.(*socket)
	return c
}

// hold bounds what a connection may cost the request that it serves: when ctx
// ends, what is beneath TLS is closed.
func (s *stage) hold(ctx context.Context, c *socket) {
	s.release()
	end, _ := ctx.Deadline()
	c.serve(s, end)
	unbind := context.AfterFunc(ctx, func() { _ = c.Close() })
	s.held = func() {
		unbind()
		c.rest(s)
	}
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
