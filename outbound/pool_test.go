package outbound

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// poolOver is a pool of at most n connections at rest.
func poolOver(t *testing.T, dial dialFunc, n int) *pool {
	t.Helper()
	p := &pool{dial: dial, tls: &tls.Config{}, most: n}
	t.Cleanup(p.CloseIdleConnections)
	return p
}

// begin makes a request of a pool, and returns how to read its answer to the end.
func (p *pool) begin(t *testing.T, url string) (finish func()) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Error(err)
		}
		resp.Body.Close()
	}
}

// rests lists the receivers of those that wait.
func (p *pool) rests() (to []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		to = append(to, c.to)
	}
	return to
}

func always(p *peer) {
	for {
		if _, err := http.ReadRequest(p.in); err != nil {
			return
		}
		tell(okFive)(p)
	}
}

// The latest to rest is used first, and the one that rested longest has to go.
func TestConnectionsWaitInTheOrderOfTheirRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := pipes(t, always)
		p := poolOver(t, n.dial, 3)
		want := func(dials int, rest ...string) {
			t.Helper()
			if got := p.rests(); !slices.Equal(got, rest) || len(n.dials()) != dials {
				t.Errorf("%d dialled, at rest %q, want %d and %q", len(n.dials()), got, dials, rest)
			}
			if _, open := n.account(); open != len(rest) {
				t.Errorf("%d are open", open)
			}
		}
		a, b := p.begin(t, "http://a/"), p.begin(t, "http://b/")
		b()
		a()
		want(2, "http://b", "http://a")
		p.begin(t, "http://b/x?y")() // used again
		want(2, "http://a", "http://b")
		p.begin(t, "http://a:81/")() // another receiver
		want(3, "http://a", "http://b", "http://a:81")
		p.begin(t, "http://c/")()
		want(4, "http://b", "http://a:81", "http://c")

		time.Sleep(oldest - time.Second)
		synctest.Wait()
		want(4, "http://b", "http://a:81", "http://c")
		p.begin(t, "http://b/")() // however busy it is, its time ends
		time.Sleep(time.Second + looksIn)
		synctest.Wait()
		want(4)
	})
}

// What is in use when a pool is closed goes when it is free.
func TestAClosedPoolKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := pipes(t, always)
		p := poolOver(t, n.dial, 3)
		p.begin(t, "http://a/")()
		finish := p.begin(t, "http://b/")
		p.CloseIdleConnections()
		if _, open := n.account(); open != 1 {
			t.Errorf("%d are open, want the one in use", open)
		}
		finish()
		p.begin(t, "http://c/")() // it can be used all the same
		if _, open := n.account(); open != 0 || len(p.rests()) > 0 {
			t.Errorf("%d are open", open)
		}
	})
}

// A pool that closes what it had gives a connection to others meanwhile.
func TestAPoolServesWhileItCloses(t *testing.T) {
	closes, may := make(chan struct{}, 2), make(chan struct{})
	address := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	p := poolOver(t, func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return &reluctant{c, closes, may}, err
	}, 1)
	p.begin(t, address)()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.CloseIdleConnections()
	}()
	<-closes
	p.connectionOf(t, address)
	close(may)
	<-ended
}

// connectionOf has a connection dialled, and closes it by its socket.
func (p *pool) connectionOf(t *testing.T, address string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.connection(t.Context(), r, new(stage))
	if err != nil {
		t.Fatal(err)
	}
	c.beneath.(*reluctant).Conn.Close()
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

// What came in over a socket, or ahead of time in a record of TLS, is noticed, and
// so is an end.
func TestASilentConnection(t *testing.T) {
	ca := newAuthority(t, "known")
	config := &tls.Config{Certificates: []tls.Certificate{ca.issue(nil)}}
	for _, secured := range []bool{false, true} {
		for name, tt := range map[string]struct {
			says   string
			closes bool
			silent bool
		}{
			"nothing":        {"a", false, true},
			"too much":       {"ab", false, false},
			"farewell":       {"a", true, false},
			"much, farewell": {"abc", true, false},
		} {
			said, over := make(chan struct{}), make(chan struct{})
			address := rawServer(t, func(c net.Conn) {
				if secured {
					c = tls.Server(c, config)
				}
				_, _ = io.WriteString(c, tt.says)
				if tt.closes {
					c.Close()
				}
				close(said)
				<-over
			})
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			if secured {
				conn = tls.Client(&parting{conn}, &tls.Config{InsecureSkipVerify: true})
			}
			if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			<-said
			if got := silent(conn); got != tt.silent {
				t.Errorf("TLS %v, %s: silent %v", secured, name, got)
			}
			if tt.silent && !silent(conn) {
				t.Errorf("TLS %v, %s: looking has changed it", secured, name)
			}
			close(over)
			conn.Close()
		}
	}
}
