package door

import (
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	patience = time.Second            // a connection may wait so long for its next request before it can be made to give way
	recheck  = 100 * time.Millisecond // while none can
	farewell = 250 * time.Millisecond // at the end, for the first request of a connection that has just come
	glance   = 5 * time.Millisecond   // between two looks for it
)

// A limited listener holds at most so many connections. Others wait, at most one
// of them accepted; the one that waited longest without a whole request on it
// gives way to them.
type limited struct {
	net.Listener
	places chan struct{}
	done   chan struct{}
	close  sync.Once

	mu      sync.Mutex
	waiting map[net.Conn]wait // without a whole request head
}

// A wait is since when a connection waits; fresh: for its first request.
type wait struct {
	since time.Time
	fresh bool
}

func limitConnections(l net.Listener, n int) *limited {
	return &limited{
		Listener: l,
		places:   make(chan struct{}, n),
		done:     make(chan struct{}),
		waiting:  make(map[net.Conn]wait),
	}
}

func (l *limited) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if !l.place() {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	return &placed{patient: patient{Conn: c}, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

// place takes a place, and waits for one; false when the listener is closed.
func (l *limited) place() bool {
	select {
	case l.places <- struct{}{}:
		return true
	default:
	}
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	for {
		l.dropOldest(time.Now().Add(-patience))
		select {
		case l.places <- struct{}{}:
			return true
		case <-l.done:
			return false
		case <-tick.C:
		}
	}
}

func (l *limited) Close() error {
	l.close.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// note is the server's ConnState hook. A connection becomes active once a whole
// request head has been read.
func (l *limited) note(c net.Conn, state http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if state == http.StateNew || state == http.StateIdle {
		l.waiting[c] = wait{time.Now(), state == http.StateNew}
		return
	}
	delete(l.waiting, c)
}

// dropOldest closes the connection that has waited longest, if since before then.
func (l *limited) dropOldest(then time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var oldest net.Conn
	for c, w := range l.waiting {
		if w.since.Before(then) {
			oldest, then = c, w.since
		}
	}
	if oldest != nil {
		delete(l.waiting, oldest)
		_ = oldest.Close()
	}
}

// settle waits until each connection that has just come has sent its request, for
// a moment at most. The server, when it shuts down, would drop a request that it
// has read and not begun: hence one look more than is needed.
func (l *limited) settle() {
	late := time.NewTimer(farewell)
	defer late.Stop()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for quiet := 0; quiet < 2; {
		if quiet++; l.expects() {
			quiet = 0
		}
		select {
		case <-tick.C:
		case <-late.C:
			return
		}
	}
}

// expects tells whether a first request may be on its way.
func (l *limited) expects() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.waiting {
		if w.fresh {
			return true
		}
	}
	return false
}

// dropWaiting closes all that wait: the server, when it shuts down, would give
// a new connection seconds to send its request.
func (l *limited) dropWaiting() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.waiting {
		_ = c.Close()
	}
	clear(l.waiting)
}

// A placed connection gives its place up when it is closed.
type placed struct {
	patient
	leave func()
}

func (p *placed) Close() error {
	defer p.leave()
	return p.Conn.Close()
}

// CloseWrite lets the server send its last answer before it hangs up on a peer
// that is still sending.
func (p *placed) CloseWrite() error {
	if c, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}
