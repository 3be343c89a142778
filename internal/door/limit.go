package door

import (
	"maps"
	"net"
	"net/http"
	"slices"
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

	mu    sync.Mutex
	conns map[*placed]struct{}
}

// A wait is since when a connection waits for a whole request head; fresh: for its
// first one. Zero: it does not wait.
type wait struct {
	since time.Time
	fresh bool
}

func limitConnections(l net.Listener, n int) *limited {
	return &limited{
		Listener: l,
		places:   make(chan struct{}, n),
		done:     make(chan struct{}),
		conns:    make(map[*placed]struct{}),
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
	p := &placed{patient: patient{Conn: c}}
	p.leave = sync.OnceFunc(func() { l.left(p) })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[p] = struct{}{}
	return p, nil
}

// left takes the place of a connection back.
func (l *limited) left(p *placed) {
	l.mu.Lock()
	delete(l.conns, p)
	l.mu.Unlock()
	<-l.places
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
	var w wait
	if state == http.StateNew || state == http.StateIdle {
		w = wait{time.Now(), state == http.StateNew}
	}
	c.(*placed).waits(w)
}

// dropOldest closes the connection that has waited longest, if since before then.
func (l *limited) dropOldest(then time.Time) {
	var oldest *placed
	for _, p := range l.all() {
		if w := p.waiting(); !w.since.IsZero() && w.since.Before(then) {
			oldest, then = p, w.since
		}
	}
	if oldest != nil {
		oldest.drop()
	}
}

// all are the connections that are held now.
func (l *limited) all() []*placed {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.conns))
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
	return slices.ContainsFunc(l.all(), func(p *placed) bool { return p.waiting().fresh })
}

// dropWaiting closes all that wait: the server, when it shuts down, would give
// a new connection seconds to send its request.
func (l *limited) dropWaiting() {
	for _, p := range l.all() {
		p.drop()
	}
}

// A placed connection gives its place up when it is closed.
type placed struct {
	patient
	leave func()

	mu   sync.Mutex
	wait wait
}

func (p *placed) waits(w wait) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wait = w
}

func (p *placed) waiting() wait {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wait
}

// drop closes a connection, if it waits.
func (p *placed) drop() {
	p.mu.Lock()
	waits := !p.wait.since.IsZero()
	p.wait = wait{}
	p.mu.Unlock()
	if waits {
		_ = p.Close()
	}
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
