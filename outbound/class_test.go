package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

func checkFailure(t *testing.T, end ending, class event.Class, status int, says string) {
	t.Helper()
	o := end.outcome
	if o.State != event.Pending || o.Class != class || o.Attempt == nil || o.Attempt.Class != class || o.Attempt.Status != status {
		t.Fatalf("got %+v with %+v", o, o.Attempt)
	}
	text := o.Attempt.Error
	if !strings.Contains(text, says) || text == "" || len(text) > longestError || text != clean(text, longestError) || strings.Contains(text, "canary") {
		t.Errorf("the error says %q", text)
	}
	if o.Wait != 5*time.Second || o.Said == nil {
		t.Errorf("waits %s, said %v", o.Wait, o.Said)
	}
}

func TestNobodyListensIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	w := hook(t, "w", "https://"+l.Addr().String()+"/")
	checkFailure(t, courier(t, plan(w))(w, someDelivery("w")), event.Refused, 0, "connection refused ("+l.Addr().String()+")")
}

func TestTLSIsVerified(t *testing.T) {
	ok := func(http.ResponseWriter, *http.Request) {}
	known, ca := tlsServer(t, ok, nil)
	old, oldCA := tlsServer(t, ok, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 })
	picky, pickyCA := tlsServer(t, ok, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert })
	port := known.Listener.Addr().(*net.TCPAddr).Port
	for _, tt := range []struct {
		name, url string
		ca        []byte
		fails     string // "" when it should not
	}{
		{"known", known.URL, ca, ""},
		{"unknown", known.URL, nil, "unknown authority"},
		{"another name", fmt.Sprintf("https://localhost:%d", port), ca, "not localhost"},
		{"too old", old.URL, oldCA, "protocol version"},
		{"wants a client certificate", picky.URL, pickyCA, "certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := hook(t, "w", tt.url)
			p := plan(w)
			p.Egress.CA, p.Egress.AllowHTTP = tt.ca, nil
			end := courier(t, p)(w, someDelivery("w"))
			if tt.fails != "" {
				checkFailure(t, end, event.TLS, 0, tt.fails)
			} else if end.outcome.State != event.Delivered {
				t.Errorf("got %+v", end.outcome.Attempt)
			}
		})
	}
}

func TestClassesOfErrors(t *testing.T) {
	none, got := &stage{peer: "the receiver"}, &stage{peer: "the receiver"}
	got.connected.Store(true)
	for _, tt := range []struct {
		err   error
		s     *stage
		class event.Class
		text  string
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Name: "h", IsNotFound: true}}, none, event.DNS, "no such host: h"},
		{&net.DNSError{Name: "h", IsTimeout: true}, none, event.DNS, "looking up h took too long"},
		{&net.DNSError{Name: "h", Err: "server misbehaving"}, none, event.DNS, "looking up h: server misbehaving"},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(1, 2, 3, 4), Port: 5}, Err: os.ErrDeadlineExceeded}, none, event.Timeout, "connecting took too long (1.2.3.4:5)"},
		{context.DeadlineExceeded, got, event.Timeout, "no answer within 15s"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}, none, event.Refused, "no way to the receiver: connect: no route to host"},
		{errors.New("something new"), none, event.Refused, "no connection: something new"},
		{errors.New("net/http: something new"), got, event.BadResponse, "not an HTTP answer: something new"},
		{fmt.Errorf("x: %w", syscall.EPIPE), got, event.Reset, "the receiver closed the connection without an answer"},
		{errors.New("http: server closed idle connection"), got, event.Reset, "the receiver closed the connection without an answer"},
		{tls.AlertError(40), none, event.TLS, "TLS: handshake failure"},
	} {
		class, text := classify(tt.err, tt.s, 15*time.Second)
		if class != tt.class || text != tt.text {
			t.Errorf("%v: got %s, %q", tt.err, class, text)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var touched atomic.Int32
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { touched.Add(1) }))
	t.Cleanup(canary.Close)
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		from := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", canary.URL+"/x?canary=1")
			w.Header().Set("Set-Cookie", "a=b")
			w.WriteHeader(status)
		}))
		t.Cleanup(from.Close)
		w := hook(t, "w", from.URL)
		checkFailure(t, courier(t, plan(w))(w, someDelivery("w")), event.Redirect, status, "redirects are not followed; it points to "+canary.URL+"/x")
	}
	if touched.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestBlockedAddressesAreNotConnectedTo(t *testing.T) {
	var touched atomic.Int32
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: listener, Config: &http.Server{ConnState: func(net.Conn, http.ConnState) { touched.Add(1) }}}
	s.Start()
	t.Cleanup(s.Close)
	port := listener.Addr().(*net.TCPAddr).Port
	for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::1]", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]"} {
		w := hook(t, "w", fmt.Sprintf("http://%s:%d/", host, port))
		p := plan(w)
		p.Egress.Allow = rules("127.0.0.2", fmt.Sprintf("127.0.0.1:%d", port+1))
		p.Egress.AllowHTTP = everything
		o := courier(t, p)(w, someDelivery("w")).outcome
		if o.Class != event.BlockedAddress && o.Class != event.DNS { // not every resolver knows every spelling
			t.Errorf("%s: got %+v", host, o.Attempt)
		}
	}
	for _, host := range []string{"2130706433", "0x7f.1", "0177.0.0.1", "127.1"} {
		w := hook(t, "w", fmt.Sprintf("http://%s:%d/", host, port))
		w.Timeout = 2 * time.Second
		p := plan(w)
		p.Egress.Allow = nil
		if o := courier(t, p)(w, someDelivery("w")).outcome; o.State != event.Pending || o.Attempt.Status != 0 {
			t.Errorf("%s: got %+v", host, o.Attempt)
		}
	}
	if touched.Load() != 0 {
		t.Error("a blocked address was connected to")
	}
}

// The receiver has a name: what is on loopback by its address, Go never sends to such
// a proxy.
func TestProxiesOfTheEnvironmentAreIgnored(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	ns := newNameServer(t)
	ns.add("api.test.", addresses("127.0.0.1"))
	w := hook(t, "w", strings.Replace(s.URL, "127.0.0.1", "api.test", 1))
	p := plan(w)
	p.Egress.DNSServer = ns.address
	if o := courier(t, p)(w, someDelivery("w")).outcome; o.State != event.Delivered {
		t.Errorf("got %+v", o.Attempt)
	}
}
