package outbound

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/posternhq/postern/event"
)

// A canary is a door that nobody may come to. It listens on addresses of this
// machine beside 127.0.0.1, on the port of a receiver that is allowed there.
type canary struct{ touched atomic.Int32 }

// receiverWithCanaries serves on 127.0.0.1, and counts who comes to 127.0.0.2,
// 127.9.9.9 and ::1 on the same port.
func receiverWithCanaries(t *testing.T, h http.HandlerFunc) (port int, c *canary) {
	t.Helper()
	c = new(canary)
	for range 20 { // until a port is free on all of them
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port = first.Addr().(*net.TCPAddr).Port
		others := c.listen(t, port)
		if others == nil {
			first.Close()
			continue
		}
		s := &httptest.Server{Listener: first, Config: &http.Server{Handler: h}}
		s.Start()
		t.Cleanup(s.Close)
		return port, c
	}
	t.Fatal("no port is free on all addresses")
	return 0, nil
}

func (c *canary) listen(t *testing.T, port int) (all []net.Listener) {
	for _, host := range []string{"127.0.0.2", "127.9.9.9", "[::1]"} {
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, port))
		if err != nil && host == "[::1]" {
			continue // a machine without IPv6
		}
		if err != nil {
			for _, l := range all {
				l.Close()
			}
			return nil
		}
		all = append(all, l)
	}
	for _, l := range all {
		s := &httptest.Server{Listener: l, Config: &http.Server{ConnState: func(net.Conn, http.ConnState) { c.touched.Add(1) }}}
		s.Start()
		t.Cleanup(s.Close)
	}
	return all
}

func (c *canary) check(t *testing.T) {
	t.Helper()
	if n := c.touched.Load(); n > 0 {
		t.Errorf("a forbidden address was connected to, %d times", n)
	}
}

// onlyLoopbackOne allows 127.0.0.1 and that port alone.
func onlyLoopbackOne(p *Plan, port int) {
	p.Egress.Allow, p.Egress.AllowHTTP = rules(fmt.Sprintf("127.0.0.1:%d", port)), everything
}

// closing answers 200 and keeps no connection, so that each attempt dials.
func closing(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }

// The same delivery as a first try, as a retry, and as a replay after it failed.
func everyTry(w *Webhook) map[string]*event.Delivery {
	first, retry, replay := someDelivery(w.Name), someDelivery(w.Name), someDelivery(w.Name)
	retry.Charged, retry.Attempts = 1, []event.Attempt{{Number: 1, Class: event.Refused}}
	replay.Attempts, replay.Class = []event.Attempt{{Number: 7, Class: event.BlockedAddress}}, event.BlockedAddress
	return map[string]*event.Delivery{"first": first, "retry": retry, "replay": replay}
}
