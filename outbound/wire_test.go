package outbound

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A network joins us with one hostile receiver, whatever address we dial, and
// keeps account of every connection. It is made of pipes, for a bubble, or of
// sockets behind the guard.
type network struct {
	t     testing.TB
	act   act
	ca    *authority
	pair  func(ctx context.Context, network, address string) (ours, theirs net.Conn, err error)
	peers sync.WaitGroup

	mu      sync.Mutex
	dialled []string
	wires   []*wire
	asked   []*http.Request // whole requests that came in
}

// A wire is one connection, and what went over it.
type wire struct {
	mu         sync.Mutex
	read       int           // bytes, by us
	begun      int           // bytes, by the peer, read or not
	sent       int           // bytes, by the peer
	left       bool          // by the peer
	closed     bool          // by us
	closedByUs chan struct{} // closed when it is
	stirred    chan struct{} // closed, and another, when something of the above changes
}

// A peer is the receiver's end of a wire.
type peer struct {
	net.Conn
	in   *bufio.Reader
	wire *wire
	net  *network
}

// An act is what a peer does next. The last one over, it closes.
type act func(*peer)

func newNetwork(t testing.TB, a act) *network {
	return &network{t: t, act: a, ca: newAuthority(t, "known")}
}

// pipes is a network for a bubble. All of its peers have ended when the test has.
func pipes(t testing.TB, a act) *network {
	n := newNetwork(t, a)
	n.pair = func(context.Context, string, string) (net.Conn, net.Conn, error) {
		ours, theirs := net.Pipe()
		return ours, n.buffer(theirs), nil
	}
	t.Cleanup(n.peers.Wait)
	return n
}

// buffer makes a pipe take what we write, up to 8 writes, before the peer reads:
// as a socket does.
func (n *network) buffer(c net.Conn) net.Conn {
	const room = 8
	b := &bufferedEnd{Conn: c, came: make(chan []byte, room), closed: make(chan struct{})}
	n.peers.Go(func() {
		defer close(b.came)
		for {
			piece := make([]byte, 32<<10)
			size, err := c.Read(piece)
			if err != nil {
				return
			}
			select {
			case b.came <- piece[:size]:
			case <-b.closed:
			}
		}
	})
	return b
}

type bufferedEnd struct {
	net.Conn
	came   chan []byte
	rest   []byte
	once   sync.Once
	closed chan struct{}
}

func (b *bufferedEnd) Read(into []byte) (int, error) {
	if len(b.rest) == 0 {
		piece, ok := <-b.came
		if !ok {
			return 0, io.EOF
		}
		b.rest = piece
	}
	n := copy(into, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *bufferedEnd) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.Conn.Close()
}

// sockets is a network of TCP. All of its peers have ended when the test has.
func sockets(t testing.TB, a act) (n *network, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n = newNetwork(t, a)
	p := plan()
	d := newDialer(&guard{allow: p.Egress.Allow, allowHTTP: p.Egress.AllowHTTP, plain: true}, nil)
	var one sync.Mutex // at a time, so that the ends belong together
	n.pair = func(ctx context.Context, network, address string) (net.Conn, net.Conn, error) {
		one.Lock()
		defer one.Unlock()
		ours, err := d.dial(ctx, network, address)
		if err != nil {
			return nil, nil, err
		}
		theirs, err := l.Accept()
		return ours, theirs, err
	}
	t.Cleanup(func() {
		l.Close()
		n.peers.Wait()
	})
	return n, l.Addr().String()
}

func (n *network) dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dialled = append(n.dialled, address)
	n.mu.Unlock()
	ours, theirs, err := n.pair(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{closedByUs: make(chan struct{}), stirred: make(chan struct{})}
	n.mu.Lock()
	n.wires = append(n.wires, w)
	n.mu.Unlock()
	n.peers.Go(func() {
		c := theirEnd{theirs, w}
		defer c.Close()
		n.act(&peer{c, bufio.NewReader(c), w, n})
	})
	return ourEnd{ours, w}, nil
}

// dials lists the addresses that were dialled.
func (n *network) dials() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.dialled...)
}

// requests lists those that came in whole.
func (n *network) requests() []*http.Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]*http.Request(nil), n.asked...)
}

// account is how many bytes we have read, and how many connections we keep.
func (n *network) account() (read, open int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range n.wires {
		w.mu.Lock()
		read += w.read
		open += count(!w.closed)
		w.mu.Unlock()
	}
	return read, open
}

func (w *wire) note(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	close(w.stirred)
	w.stirred = make(chan struct{})
}

type ourEnd struct {
	net.Conn
	wire *wire
}

func (c ourEnd) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.wire.note(func() { c.wire.read += n })
	return n, err
}

func (c ourEnd) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if errors.Is(err, io.ErrClosedPipe) {
		err = syscall.EPIPE // as a socket says it
	}
	return n, err
}

// Quiet looks at what the peer has begun to say.
func (c ourEnd) Quiet() bool {
	if socket, ok := c.Conn.(syscall.Conn); ok {
		return nothingCame(socket)
	}
	c.wire.mu.Lock()
	defer c.wire.mu.Unlock()
	return !c.wire.left && c.wire.begun == c.wire.read
}

func (c ourEnd) Close() error {
	err := c.Conn.Close()
	c.wire.note(func() {
		if !c.wire.closed {
			close(c.wire.closedByUs)
		}
		c.wire.closed = true
	})
	return err
}

type theirEnd struct {
	net.Conn
	wire *wire
}

func (c theirEnd) Close() error {
	c.wire.note(func() { c.wire.left = true })
	return c.Conn.Close()
}

func (c theirEnd) Write(b []byte) (int, error) {
	c.wire.note(func() { c.wire.begun += len(b) })
	n, err := c.Conn.Write(b)
	c.wire.note(func() { c.wire.sent += n })
	return n, err
}

func acts(all ...act) act {
	return func(p *peer) {
		for _, a := range all {
			a(p)
		}
	}
}

// asked reads one request, whole.
func asked(p *peer) {
	r, err := http.ReadRequest(p.in)
	if err != nil {
		return
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	p.net.asked = append(p.net.asked, r)
}

// glanced reads one byte of a request.
func glanced(p *peer) { _, _ = p.in.ReadByte() }

func tell(s string) act {
	return func(p *peer) { _, _ = io.WriteString(p, s) }
}

// flood says it again and again, as long as we read.
func flood(s string) act {
	s = strings.Repeat(s, 1+4096/len(s))
	return func(p *peer) {
		for _, err := io.WriteString(p, s); err == nil; _, err = io.WriteString(p, s) {
		}
	}
}

// drip says it byte by byte, one a second, again and again.
func drip(s string) act {
	return func(p *peer) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for i := 0; ; i++ {
			if _, err := p.Write([]byte{s[i%len(s)]}); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-p.wire.closedByUs:
				return
			}
		}
	}
}

// hang says nothing until we close.
func hang(p *peer) { <-p.wire.closedByUs }

// taken waits until we have read all that was said, or have closed.
func taken(p *peer) {
	for {
		p.wire.mu.Lock()
		done, stirred := p.wire.closed || p.wire.read >= p.wire.sent, p.wire.stirred
		p.wire.mu.Unlock()
		if done {
			return
		}
		<-stirred
	}
}

// reset ends a TCP connection without ceremony.
func reset(p *peer) {
	if c, ok := p.Conn.(theirEnd).Conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
}

// secured does the rest over TLS. change may be nil.
func secured(change func(*tls.Config), rest ...act) act {
	return func(p *peer) {
		config := &tls.Config{Certificates: []tls.Certificate{p.net.ca.issue(nil)}}
		if change != nil {
			change(config)
		}
		c := tls.Server(p.Conn, config)
		if c.Handshake() == nil {
			acts(rest...)(&peer{c, bufio.NewReader(c), p.wire, p.net})
		}
	}
}

// beneath does it under the TLS of a peer.
func beneath(a act) act {
	return func(p *peer) {
		raw := p.Conn.(*tls.Conn).NetConn()
		a(&peer{raw, bufio.NewReader(raw), p.wire, p.net})
	}
}

// hello reads the start of a handshake.
func hello(p *peer) { _, _ = p.in.Peek(5); _, _ = p.in.Discard(p.in.Buffered()) }

// shut closes, and says no farewell.
func shut(p *peer) { _ = p.Conn.Close() }

// brokenOff does it over a wire on which what the peer says ends after so many
// bytes; then comes then.
func brokenOff(after int, then act, a act) act {
	return func(p *peer) {
		a(&peer{&brokenEnd{p.Conn, after, func() { then(p) }}, p.in, p.wire, p.net})
	}
}

type brokenEnd struct {
	net.Conn
	left int
	then func()
}

func (c *brokenEnd) Write(b []byte) (int, error) {
	if len(b) <= c.left {
		c.left -= len(b)
		return c.Conn.Write(b)
	}
	n, err := c.Conn.Write(b[:c.left])
	if err == nil {
		c.left = 0
		c.then()
		err = net.ErrClosed
	}
	return n, err
}
