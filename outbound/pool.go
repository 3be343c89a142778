package outbound

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	oldest   = 30 * time.Second // connection: then the name is resolved anew, however busy it is
	mostIdle = 256              // connections that wait for reuse, over all receivers of a pool
	looksIn  = time.Second      // how often they are looked at
)

// A pool makes requests over connections that are used again. It trusts nobody: no
// proxy of the environment, no decompression, no redirects, no cookies, HTTP/1.1
// only (one request a connection, so a receiver has no streams or settings to play
// with), bounded headers. No request is sent twice: docs/decisions/http-client.md.
type pool struct {
	dial dialFunc
	tls  *tls.Config
	most int // connections that wait for reuse

	mu     sync.Mutex
	idle   []*connection // the longest at rest first
	look   *time.Timer   // at those that wait; nil: none is due
	closed bool          // nothing waits any more
}

// RoundTrip makes pool an http.RoundTripper. The context's end breaks off the
// request, and the reading of the answer's body.
func (p *pool) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	s := stageOf(ctx)
	c, err := p.connection(ctx, r, s)
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as of an http.RoundTripper is wanted
		}
		return nil, err
	}
	unbind := context.AfterFunc(ctx, c.breakOff)
	resp, whole, err := c.ask(r, s)
	if err != nil {
		unbind()
		c.close()
		return nil, err
	}
	lasts := whole && !resp.Close && resp.StatusCode >= 200
	end := func(read bool) {
		if unbind() && read && lasts {
			p.put(c)
		} else {
			c.close()
		}
	}
	if resp.Body == http.NoBody {
		end(true)
	} else {
		resp.Body = &body{from: resp.Body, end: end}
	}
	return resp, nil
}

// A body gives its connection back once it was read to its end.
type body struct {
	from io.Reader
	end  func(read bool) // nil: it was called
}

func (b *body) Read(into []byte) (int, error) {
	n, err := b.from.Read(into)
	if err != nil {
		b.over(err == io.EOF)
	}
	return n, err
}

func (b *body) Close() error {
	b.over(false)
	return nil
}

func (b *body) over(read bool) {
	if b.end != nil {
		b.end(read)
		b.end = nil
	}
}

// connection is one that waits, or else a new one.
func (p *pool) connection(ctx context.Context, r *http.Request, s *stage) (*connection, error) {
	for to := originOf(r.URL); ; {
		c := p.take(to)
		switch {
		case c == nil:
			c, err := p.connect(ctx, r.URL, s)
			if err == nil {
				s.uses(c, false)
			}
			return c, err
		case c.usable():
			s.uses(c, true)
			return c, nil
		}
		c.close()
	}
}

// take takes out the connection that rests the shortest: the others may come of age.
func (p *pool) take(to string) *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range slices.Backward(p.idle) {
		if c.to == to {
			p.idle = slices.Delete(p.idle, i, i+1)
			return c
		}
	}
	return nil
}

// put lets a connection wait for reuse, if that is of any use.
func (p *pool) put(c *connection) {
	if over := p.keep(c); over != nil {
		over.close()
	}
}

// keep returns the one that has to go, if one has.
func (p *pool) keep(c *connection) (over *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.rests = time.Now()
	if p.closed || p.most == 0 || c.in.Buffered() > 0 || c.rests.Sub(c.born) >= oldest {
		return c
	}
	p.idle = append(p.idle, c)
	if p.look == nil {
		p.look = time.AfterFunc(looksIn, p.lookIn)
	}
	if len(p.idle) > p.most {
		over = p.idle[0]
		p.idle = slices.Delete(p.idle, 0, 1)
	}
	return over
}

// usable tells whether a connection at rest is one still, and neither end has said
// anything since. What was not asked for is no answer to what will be.
func (c *connection) usable() bool {
	return time.Since(c.born) < oldest && silent(c.stream)
}

// lookIn closes those that are of no use any more.
func (p *pool) lookIn() {
	var still []*connection
	for _, c := range p.untouched() {
		if c.usable() {
			still = append(still, c)
		} else {
			c.close()
		}
	}
	for _, c := range p.goOn(still) {
		c.close()
	}
}

// untouched takes out those that have rested since the last look.
func (p *pool) untouched() (all []*connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := time.Now().Add(-looksIn)
	n := 0
	for n < len(p.idle) && !p.idle[n].rests.After(since) {
		n++
	}
	all = slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	return all
}

// goOn puts back those that were looked at, and returns those that are too many.
func (p *pool) goOn(still []*connection) (over []*connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return still
	}
	p.idle = append(still, p.idle...)
	n := max(0, len(p.idle)-p.most)
	over = slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	if p.look = nil; len(p.idle) > 0 {
		p.look = time.AfterFunc(looksIn, p.lookIn)
	}
	return over
}

// CloseIdleConnections closes what waits for reuse, and what is in use once it is
// free: no further request is expected.
func (p *pool) CloseIdleConnections() {
	for _, c := range p.empty() {
		c.close()
	}
}

func (p *pool) empty() []*connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.look != nil {
		p.look.Stop()
		p.look = nil
	}
	all := p.idle
	p.idle = nil
	return all
}
