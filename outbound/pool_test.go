package outbound

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// A pool that closes what it had gives a connection to others meanwhile.
func TestAPoolServesWhileItCloses(t *testing.T) {
	address := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	closes, may := make(chan struct{}, 2), make(chan struct{})
	p := &pool{fill: func() *http.Transport {
		return newTransport(func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return &reluctant{c, closes, may}, err
		}, nil, 1)
	}}
	get := func() {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := p.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	get()
	p.ends = p.ends.Add(-idleTimeout)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.transport()
	}()
	<-closes
	get()
	close(may)
	<-ended
	p.CloseIdleConnections()
}

// A reluctant connection closes when it may.
type reluctant struct {
	net.Conn
	closes, may chan struct{}
}

func (c *reluctant) Close() error {
	c.closes <- struct{}{}
	<-c.may
	return c.Conn.Close()
}
