package outbound

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	handshakeTimeout = 5 * time.Second
	mostHeaderBytes  = 16 << 10 // of an answer, over all that comes before its body
	takenAtOnce      = 8 << 10  // bytes of a request that a socket takes, whether anybody reads or not
)

// A connection carries one request at a time. It has no goroutine of its own: who
// asks writes the request and reads the answer.
type connection struct {
	beneath net.Conn // what was dialled
	stream  net.Conn // that, or TLS over it
	in      *bufio.Reader
	out     *bufio.Writer

	to      string // scheme and host, as in the URL
	born    time.Time
	rests   time.Time  // since when
	left    int64      // bytes that may be read before a body begins
	writing chan error // its large request, which may be longer than its answer; nil: none
}

// connect opens a connection for a request.
func (p *pool) connect(ctx context.Context, to *url.URL, s *stage) (*connection, error) {
	dialled, err := p.dial(s.looks(ctx), "tcp", addressOf(to))
	if err != nil {
		return nil, err
	}
	s.reached(dialled)
	c := &connection{beneath: dialled, stream: dialled, to: originOf(to), born: time.Now(), left: math.MaxInt64}
	if to.Scheme == "https" {
		if err := c.secure(ctx, p.tls, to.Hostname(), s); err != nil {
			_ = dialled.Close() // it failed already
			return nil, err
		}
	}
	c.in, c.out = bufio.NewReader(c), bufio.NewWriter(c.stream)
	return c, nil
}

func addressOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// secure shakes hands.
func (c *connection) secure(ctx context.Context, config *tls.Config, host string, s *stage) error {
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = host
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	secured := tls.Client(&parting{c.beneath}, config)
	s.handshaking.Store(true)
	if err := secured.HandshakeContext(ctx); err != nil {
		return err
	}
	s.handshaking.Store(false)
	s.mark(&s.timeline.TLS)
	c.stream = secured
	return nil
}

// ask sends a request and reads the head of its answer. A small request is out of
// hand at once. A large one is written beside the reading: its answer may come
// before its end. whole is whether all of it went out before the answer.
func (c *connection) ask(r *http.Request, s *stage) (resp *http.Response, whole bool, err error) {
	if r.ContentLength <= takenAtOnce {
		unsent := c.write(r, s)
		resp, err = c.answer(r, s) // also to what did not go out: it may say why
		return resp, unsent == nil, err
	}
	c.writing = make(chan error, 1)
	go func() { c.writing <- c.write(r, s) }()
	if resp, err = c.answer(r, s); err != nil {
		return nil, false, err
	}
	select {
	case unsent := <-c.writing:
		c.writing = nil
		return resp, unsent == nil, nil
	default:
		return resp, false, nil
	}
}

func (c *connection) write(r *http.Request, s *stage) error {
	if err := r.Write(c.out); err != nil {
		return err
	}
	if err := c.out.Flush(); err != nil {
		return err
	}
	s.mark(&s.timeline.Sent)
	return nil
}

// answer reads the head of an answer. Hints come before it, and count.
func (c *connection) answer(r *http.Request, s *stage) (*http.Response, error) {
	c.left = mostHeaderBytes
	defer func() { c.left = math.MaxInt64 }()
	if _, err := c.in.Peek(1); err != nil {
		return nil, err
	}
	s.mark(&s.timeline.FirstByte)
	for {
		resp, err := http.ReadResponse(c.in, r)
		switch {
		case err != nil && c.left <= 0:
			return nil, errHeaders // not what it made of a part of them
		case err != nil || !isHint(resp.StatusCode):
			return resp, err
		}
	}
}

var errHeaders = fmt.Errorf("the headers exceeded %d bytes", mostHeaderBytes)

// isHint tells whether the answer is still to come.
func isHint(status int) bool {
	return status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
}

// Read is for in alone.
func (c *connection) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, errHeaders
	}
	n, err := c.stream.Read(b[:min(int64(len(b)), c.left)])
	c.left -= int64(n)
	return n, err
}

// breakOff ends whatever is being read or written.
func (c *connection) breakOff() { _ = c.beneath.Close() }

// close waits for what is being written, which fails now.
func (c *connection) close() {
	_ = c.stream.Close() // that it could not say farewell is no matter
	if c.writing != nil {
		<-c.writing
	}
}

const partingWrites = 10 * time.Millisecond

// A parting connection is what TLS is spoken over. TLS says farewell when it
// closes, and would wait five seconds to be rid of it.
type parting struct{ net.Conn }

// SetWriteDeadline is what TLS asks for before it closes.
func (c *parting) SetWriteDeadline(t time.Time) error {
	return c.Conn.SetWriteDeadline(earlier(t, time.Now().Add(partingWrites)))
}
