package outbound

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

// On Linux the broadcast address of loopback is one that TCP has no way to.
func TestNoWayIsRefused(t *testing.T) {
	w := hook(t, "w", "http://127.255.255.255:7/")
	p := plan(w)
	p.Egress.Allow, p.Egress.AllowHTTP = everything, everything
	checkFailure(t, courier(t, p)(w, someDelivery("w")), event.Refused, 0, "no way to the receiver (127.255.255.255:7)")
}

// A connect that nothing answers ends at its own deadline, long before the
// attempt's.
func TestABlackHoleEndsAtTheConnectDeadline(t *testing.T) {
	hole := blackHole(t, "127.0.0.1:0")
	w := hook(t, "w", "http://"+hole+"/")
	w.Timeout = time.Hour
	end := courier(t, plan(w))(w, someDelivery("w"))
	checkFailure(t, end, event.Timeout, 0, "connecting took too long ("+hole+")")
	if took := end.outcome.Attempt.Duration; took < connectTimeout {
		t.Errorf("it ended after %s", took)
	}
}

// Where the first address of a name swallows everything, the next is tried within
// the connect deadline: IPv4 behind IPv6, and the other way about.
func TestADeadAddressIsPassedOver(t *testing.T) {
	for dead, alive := range map[string]string{"[::1]": "127.0.0.1", "127.0.0.1": "[::1]", "127.0.0.2": "127.0.0.1"} {
		t.Run(dead+" is dead", func(t *testing.T) {
			t.Parallel()
			address, port := deadAndAlive(t, dead, alive)
			ns := newNameServer(t)
			ns.add("two.test.", addresses(address...))
			w := hook(t, "w", fmt.Sprintf("http://two.test:%s/", port))
			w.Timeout = time.Hour
			p := plan(w)
			p.Egress.Allow, p.Egress.AllowHTTP, p.Egress.DNSServer = everything, everything, ns.address
			if o := courier(t, p)(w, someDelivery("w")).outcome; o.Class != event.OK {
				t.Errorf("got %+v", o.Attempt)
			}
		})
	}
}

// deadAndAlive finds a port that swallows on one address and serves on the other.
func deadAndAlive(t *testing.T, dead, alive string) (addrs []string, port string) {
	t.Helper()
	for range 20 {
		serving, err := net.Listen("tcp", alive+":0")
		if err != nil {
			t.Skipf("this machine has no %s: %v", alive, err)
		}
		_, port, _ := net.SplitHostPort(serving.Addr().String())
		if blackHole(t, dead+":"+port) == "" {
			serving.Close()
			continue
		}
		s := &http.Server{Handler: http.HandlerFunc(closing)}
		done := make(chan error, 1)
		go func() { done <- s.Serve(serving) }()
		t.Cleanup(func() { s.Close(); <-done })
		return []string{strings.Trim(dead, "[]"), strings.Trim(alive, "[]")}, port
	}
	t.Fatal("no port is free on both")
	return nil, ""
}

// blackHole is an address whose connects nothing answers: it listens, takes nobody,
// and the queue of those who wait is full. It is empty where the address is taken.
func blackHole(t *testing.T, address string) string {
	t.Helper()
	at := netip.MustParseAddrPort(address)
	family, to := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()})
	if at.Addr().Is4() {
		family, to = syscall.AF_INET, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	s, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skipf("this machine has no %s: %v", address, err)
	}
	t.Cleanup(func() { _ = syscall.Close(s) })
	if syscall.Bind(s, to) != nil || syscall.Listen(s, 0) != nil {
		return ""
	}
	if to, err = syscall.Getsockname(s); err != nil {
		t.Fatal(err)
	}
	port := 0
	switch to := to.(type) {
	case *syscall.SockaddrInet4:
		port = to.Port
	case *syscall.SockaddrInet6:
		port = to.Port
	}
	hole := netip.AddrPortFrom(at.Addr(), uint16(port)).String()
	waits, err := net.Dial("tcp", hole)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { waits.Close() })
	return hole
}
