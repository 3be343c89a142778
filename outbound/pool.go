package outbound

import (
	"net/http"
	"sync"
	"time"
)

// A pool is a transport that is replaced now and then, with all its connections.
// A connection that is never at rest would else last for as long as its receiver
// likes, and go on to an address that the name left long ago.
type pool struct {
	fill func() *http.Transport

	mu   sync.Mutex
	now  *http.Transport // nil: none yet
	ends time.Time
}

// RoundTrip makes pool an http.RoundTripper.
func (p *pool) RoundTrip(r *http.Request) (*http.Response, error) {
	return p.transport().RoundTrip(r)
}

// transport is the one that serves now. What an older one has under way comes to
// its end, and its connection with it.
func (p *pool) transport() *http.Transport {
	now, old := p.fresh()
	if old != nil {
		old.CloseIdleConnections() // not under the lock: it may take a while
	}
	return now
}

// fresh is the one that serves now, and the one that has just ceased to; nil:
// none has.
func (p *pool) fresh() (serves, old *http.Transport) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.now == nil || !now.Before(p.ends) {
		old = p.now
		p.now, p.ends = p.fill(), now.Add(idleTimeout)
	}
	return p.now, old
}

// CloseIdleConnections closes what waits for reuse, and what is in use once it is
// free.
func (p *pool) CloseIdleConnections() {
	p.mu.Lock()
	now := p.now
	p.mu.Unlock()
	if now != nil {
		now.CloseIdleConnections()
	}
}
