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
	waiting map[net.Conn]time.Time // without a whole request head, and since when
}

func limitConnections(l net.Listener, n int) *limited {
	return &limited{
		Listener: l,
		places:   make(chan struct{}, n),
		done:     make(chan struct{}),
		waiting:  make(map[net.Conn]time.Time),
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
	return &placed{Conn: c, leave: sync.OnceFunc(func() { <-l.places })}, nil
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
		l.waiting[c] = time.Now()
		return
	}
	delete(l.waiting, c)
}

// dropOldest closes the connection that has waited longest, if since before then.
func (l *limited) dropOldest(then time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var oldest net.Conn
	for c, since := range l.waiting {
		if since.Before(then) {
			oldest, then = c, since
		}
	}
	if oldest != nil {
		delete(l.waiting, oldest)
		_ = oldest.Close()
	}
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
	net.Conn
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
