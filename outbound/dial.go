package outbound

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"sync"
	"time"
)

const connectTimeout = 5 * time.Second // name, and connect to the last of its addresses

// dialFunc opens connections.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// A dialer connects directly. Its guard is asked about every address of a name.
type dialer struct{ net.Dialer }

func newDialer(g *guard, r *net.Resolver) *dialer {
	return &dialer{net.Dialer{Timeout: connectTimeout, KeepAlive: 15 * time.Second, Resolver: r, ControlContext: g.control}}
}

// dial connects to the first address that can be reached. Where some are blocked
// and the others fail, it is the failure that is told: those were the way.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var tried failure
	trace := &httptrace.ClientTrace{ConnectDone: tried.note}
	conn, err := d.DialContext(httptrace.WithClientTrace(ctx, trace), network, address)
	if err != nil && isBlocked(err) {
		err = tried.or(err)
	}
	return conn, err
}

// A failure is the first of a permitted address. Addresses are tried side by side.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) note(_, _ string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil && err != nil && !isBlocked(err) {
		f.err = err
	}
}

func (f *failure) or(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	return err
}

func isBlocked(err error) bool {
	_, blocked := errors.AsType[*blockedError](err)
	return blocked
}
