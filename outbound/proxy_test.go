package outbound

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/secret"
)

// A testProxy opens tunnels, and keeps what it was asked for.
type testProxy struct {
	Proxy

	mu    sync.Mutex
	asked []*http.Request
}

// newProxy serves CONNECT; with is its TLS, nil: none.
func newProxy(t *testing.T, with *tls.Config) *testProxy {
	t.Helper()
	p := new(testProxy)
	address := rawServer(t, func(c net.Conn) {
		if with != nil {
			c = tls.Server(c, with)
		}
		p.serve(c)
	})
	p.Proxy = *proxyAt(address)
	p.TLS = with != nil
	return p
}

func proxyAt(address string) *Proxy {
	at := netip.MustParseAddrPort(address)
	return &Proxy{Host: at.Addr().String(), Port: at.Port()}
}

func (p *testProxy) serve(c net.Conn) {
	from := bufio.NewReader(c)
	r, err := http.ReadRequest(from)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.asked = append(p.asked, r)
	p.mu.Unlock()
	carry(c, from, r.RequestURI)
}

// carry opens a tunnel for a client, from whom more may have been read.
func carry(c net.Conn, from io.Reader, address string) {
	to, err := net.Dial("tcp", address)
	if err != nil {
		_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
		return
	}
	defer to.Close()
	_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(c, to)
		c.Close()
	}()
	_, _ = io.Copy(to, from)
	to.Close()
	<-done
}

// targets are what it was asked for.
func (p *testProxy) targets() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.asked {
		all = append(all, r.Method+" "+r.RequestURI+" "+r.Host)
	}
	return all
}

// The proxy is asked for an address that was checked, over TLS or not; the
// receiver's TLS is with its name.
func TestEverythingGoesThroughTheProxy(t *testing.T) {
	ca := newAuthority(t, "known")
	ns := newNameServer(t)
	ns.add("api.test.", addresses("127.0.0.2", "127.0.0.1")) // one of them may be reached
	serverName := make(chan string, 10)
	secure, _ := tlsServer(t, func(_ http.ResponseWriter, r *http.Request) { serverName <- r.TLS.ServerName + " " + r.Host }, func(c *tls.Config) {
		c.Certificates = []tls.Certificate{ca.issue(func(c *x509.Certificate) { c.IPAddresses = nil })}
	})
	plainPort, canary := receiverWithCanaries(t, func(_ http.ResponseWriter, r *http.Request) { serverName <- r.RequestURI + " " + r.Host })
	for _, overTLS := range []bool{false, true} {
		for _, scheme := range []string{"https", "http"} {
			var with *tls.Config
			if overTLS {
				with = &tls.Config{Certificates: []tls.Certificate{ca.issue(nil)}}
			}
			proxy := newProxy(t, with)
			proxy.Credentials = secret.New("user:p@ss word")
			port := plainPort
			if scheme == "https" {
				port = secure.Listener.Addr().(*net.TCPAddr).Port
			}
			w := hook(t, "w", fmt.Sprintf("%s://api.test:%d/hook", scheme, port))
			p := plan(w)
			onlyLoopbackOne(p, port)
			p.Egress.CA, p.Egress.DNSServer, p.Egress.Proxy = ca.pem, ns.address, &proxy.Proxy
			o := courier(t, p)(w, someDelivery("w")).outcome
			if o.Class != event.OK {
				t.Fatalf("%s, proxy over TLS %v: %+v", scheme, overTLS, o.Attempt)
			}
			want := map[string]string{"https": "api.test", "http": "/hook"}[scheme] + fmt.Sprintf(" api.test:%d", port)
			if got := <-serverName; got != want {
				t.Errorf("%s: the receiver saw %q, want %q", scheme, got, want)
			}
			address := fmt.Sprintf("127.0.0.1:%d", port)
			if got := proxy.targets(); !slices.Equal(got, []string{"CONNECT " + address + " " + address}) {
				t.Errorf("%s: the proxy was asked for %q", scheme, got)
			}
			if got := proxy.asked[0].Header.Get("Proxy-Authorization"); got != "Basic "+base64.StdEncoding.EncodeToString([]byte("user:p@ss word")) {
				t.Errorf("credentials %q", got)
			}
		}
	}
	canary.check(t)
}

// What may not be reached is not asked for either.
func TestAProxyIsAskedForNothingForbidden(t *testing.T) {
	port, canary := receiverWithCanaries(t, closing)
	ns := newNameServer(t)
	proxy := newProxy(t, nil)
	own := func() []netip.AddrPort { return []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:7480")} }
	for url, says := range map[string]string{
		"https://127.0.0.2:%d/":              "is a loopback address",
		"https://[::ffff:127.0.0.2]:%d/":     "is a loopback address",
		"https://169.254.169.254/":           "which no range opens",
		"https://moves.test:%d/":             "is a loopback address",
		"https://[2002:a9fe:a9fe::1]/":       "which no range opens",
		"https://localhost:7480/":            "Postern's own doors",
		"http://93.184.216.34/":              "plain http",
		"https://10.1.2.3/":                  "is a private address",
		"https://[64:ff9b::a9fe:a9fe]:8080/": "which no range opens",
	} {
		ns.add("localhost.", addresses("127.0.0.1"))
		ns.add("moves.test.", addresses("127.0.0.2", "127.9.9.9"))
		w := hook(t, "w", strings.Replace(url, "%d", fmt.Sprint(port), 1))
		p := plan(w)
		p.Egress = Egress{Allow: rules(fmt.Sprintf("127.0.0.1:%d", port), "127.0.0.1", "2002::/16"), DNSServer: ns.address, Proxy: &proxy.Proxy, MaxInFlight: 1}
		l := New(Options{Line: newWorldLine(), Own: own})
		d, err := l.Draft(p)
		if err != nil {
			t.Fatal(err)
		}
		for try, dl := range everyTry(w) {
			o := l.messenger.deliver(t.Context(), d, w, dl).outcome
			if o.Class != event.BlockedAddress || !strings.Contains(o.Attempt.Error, says) {
				t.Errorf("%s, %s: %+v", url, try, o.Attempt)
			}
		}
	}
	if got := proxy.targets(); len(got) > 0 {
		t.Errorf("the proxy was asked for %q", got)
	}
	canary.check(t)
}

// A proxy's failure is the proxy's, in class and in words.
func TestFailuresOfTheProxy(t *testing.T) {
	say := func(s string) func(net.Conn) {
		return func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, s) }
	}
	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for _, tt := range []struct {
		name   string
		answer func(net.Conn)
		tls    bool
		says   string
	}{
		{name: "wants credentials", answer: say("HTTP/1.1 407 \x1b[31mCanary\r\nProxy-Authenticate: Basic\r\nContent-Length: 6\r\n\r\ncanary"), says: "the proxy answered 407 Proxy Authentication Required when asked for 127.0.0.1:1: are the credentials in egress.proxy right?"},
		{name: "forbids", answer: say("HTTP/1.1 403 Forbidden\r\n\r\n"), says: "answered 403"},
		{name: "can't", answer: say("HTTP/1.1 502 Bad Gateway\r\n\r\n"), says: "answered 502"},
		{name: "redirects", answer: say("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/canary\r\n\r\n"), says: "answered 302"},
		{name: "says something else", answer: say("SSH-2.0-OpenSSH\r\n"), says: "not an HTTP answer"},
		{name: "says nothing", answer: readRequest, says: "it closed the connection without an answer"},
		{name: "closes at once", answer: func(net.Conn) {}, says: "the proxy: it closed"},
		{name: "resets", answer: func(c net.Conn) { readRequest(c); _ = c.(*net.TCPConn).SetLinger(0) }, says: "the proxy: it closed"},
		{name: "says too much", answer: say("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), says: "more than an answer"},
		{name: "floods", answer: func(c net.Conn) {
			readRequest(c)
			_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for err == nil {
				_, err = io.WriteString(c, "X-Flood: 0123456789\r\n")
			}
		}, says: "the proxy: "},
		{name: "stalls", answer: hang, says: "the proxy took too long"},
		{name: "stalls in TLS", answer: hang, tls: true, says: "the proxy took too long"},
		{name: "speaks no TLS", answer: say("HTTP/1.1 400 Bad Request\r\n\r\n"), tls: true, says: "the proxy: it speaks plain HTTP on this port"},
		{name: "speaks garbage for TLS", answer: say("\x00\x01\x02\x03\x04\x05"), tls: true, says: "the proxy: TLS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := hook(t, "w", "https://127.0.0.1:1/p?token=canary")
			w.Timeout = 30 * time.Second
			if strings.Contains(tt.says, "too long") {
				w.Timeout = time.Second
			}
			p := plan(w)
			p.Egress.Proxy = proxyAt(rawServer(t, tt.answer))
			p.Egress.Proxy.TLS, p.Egress.Proxy.Credentials = tt.tls, secret.New("user:canary-password")
			checkFailure(t, courier(t, p)(w, someDelivery("w")), event.Proxy, 0, tt.says)
		})
	}
}

func TestAProxyThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	ns := newNameServer(t)
	ns.add("metadata.test.", addresses("169.254.169.254"))
	ca, stranger := newAuthority(t, "known"), newAuthority(t, "stranger")
	unknown := newProxy(t, &tls.Config{Certificates: []tls.Certificate{stranger.issue(nil)}})
	for says, proxy := range map[string]*Proxy{
		"the proxy: connection refused (" + l.Addr().String() + ")":   proxyAt(l.Addr().String()),
		"the proxy: no such host: none.test":                          {Host: "none.test", Port: 3128},
		"the proxy: 169.254.169.254:3128 is a link-local or metadata": {Host: "metadata.test", Port: 3128},
		"the proxy: 127.0.0.1:7480 is one of Postern's own doors":     {Host: "localhost", Port: 7480},
		"the proxy: TLS: failed to verify certificate":                &unknown.Proxy,
	} {
		w := hook(t, "w", "https://127.0.0.1:1/")
		p := plan(w)
		p.Egress.Proxy, p.Egress.DNSServer, p.Egress.CA = proxy, ns.address, ca.pem
		ns.add("localhost.", addresses("127.0.0.1"))
		lanes := New(Options{Line: newWorldLine(), Jitter: func() float64 { return 0 }, Own: func() []netip.AddrPort { return []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:7480")} }})
		d, err := lanes.Draft(p)
		if err != nil {
			t.Fatal(err)
		}
		checkFailure(t, lanes.messenger.deliver(t.Context(), d, w, someDelivery("w")), event.Proxy, 0, says)
	}
}

// A proxy may be on a private address without a rule; one given by the address of
// metadata, or of our own door, is named exactly by that.
func TestWhereAProxyMayBe(t *testing.T) {
	own := func() []netip.AddrPort { return []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:7480")} }
	for to, want := range map[string]struct{ named, resolved bool }{
		"10.1.2.3:3128": {true, true}, "127.0.0.1:3128": {true, true}, "[fd00::1]:3128": {true, true},
		"169.254.1.1:3128": {true, false}, "127.0.0.1:7480": {true, false},
	} {
		at := netip.MustParseAddrPort(to)
		for host, ok := range map[string]bool{at.Addr().String(): want.named, "proxy.test": want.resolved} {
			e := &Egress{Proxy: &Proxy{Host: host, Port: at.Port()}}
			if err := (&guard{allow: e.proxyRules(), own: own}).check(at); (err == nil) != ok {
				t.Errorf("%s, given as %s: %v", to, host, err)
			}
		}
	}
}

// Where the proxy can't come to one address of a name it is asked for the next,
// a few times.
func TestAProxyIsAskedForOtherAddresses(t *testing.T) {
	s, ca := tlsServer(t, func(http.ResponseWriter, *http.Request) {}, nil)
	port := s.Listener.Addr().(*net.TCPAddr).Port
	ns := newNameServer(t)
	many := []string{"127.0.0.1"}
	for i := range 20 {
		many = append(many, fmt.Sprintf("127.3.0.%d", i))
	}
	ns.add("example.com.", addresses("127.3.0.1", "127.0.0.1"))
	ns.add("many.test.", addresses(many[1:]...))
	for host, want := range map[string]struct {
		class event.Class
		asked int
	}{"example.com": {event.OK, 2}, "many.test": {event.Proxy, mostAsked}} {
		proxy := newProxy(t, nil)
		w := hook(t, "w", fmt.Sprintf("https://%s:%d/", host, port))
		p := plan(w)
		p.Egress = Egress{Allow: rules("127.0.0.0/8"), CA: ca, DNSServer: ns.address, Proxy: &proxy.Proxy, MaxInFlight: 1}
		o := courier(t, p)(w, someDelivery("w")).outcome
		got := proxy.targets()
		if o.Class != want.class || len(got) > want.asked || host == "many.test" && len(got) != want.asked {
			t.Errorf("%s: asked %d times, %+v", host, len(got), o.Attempt)
		}
	}
}

// Behind the tunnel, what fails is the receiver's again.
func TestBehindTheTunnelFailuresAreTheReceivers(t *testing.T) {
	ca := newAuthority(t, "known")
	bad, _ := tlsServer(t, func(http.ResponseWriter, *http.Request) {}, nil)
	for says, tt := range map[string]struct {
		url   string
		class event.Class
	}{
		"unknown authority":    {bad.URL, event.TLS},
		"closed the connectio": {"http://" + rawServer(t, readRequest), event.Reset},
		"the receiver answere": {"http://" + rawServer(t, func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "HTTP/1.1 407 No\r\n\r\n") }), event.Status},
		"no answer within 1s":  {"http://" + rawServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), event.Timeout},
	} {
		proxy := newProxy(t, nil)
		w := hook(t, "w", tt.url)
		w.Timeout = time.Second
		p := plan(w)
		p.Egress.Proxy, p.Egress.CA = &proxy.Proxy, ca.pem
		if o := courier(t, p)(w, someDelivery("w")).outcome; o.Class != tt.class || !strings.Contains(o.Attempt.Error, says) {
			t.Errorf("%s: %+v", says, o.Attempt)
		}
	}
}

// A proxy that leads elsewhere than it was asked to is found out by the name that
// TLS has to show, and nothing is sent.
func TestAProxyThatLies(t *testing.T) {
	ca := newAuthority(t, "known")
	var sent atomic.Int32
	elsewhere, _ := tlsServer(t, func(http.ResponseWriter, *http.Request) { sent.Add(1) }, func(c *tls.Config) {
		c.Certificates = []tls.Certificate{ca.issue(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"evil.test"}, nil })}
	})
	address := rawServer(t, func(c net.Conn) {
		from := bufio.NewReader(c)
		if _, err := http.ReadRequest(from); err == nil {
			carry(c, from, elsewhere.Listener.Addr().String()) // whatever it was asked for
		}
	})
	ns := newNameServer(t)
	ns.add("api.test.", addresses("127.0.0.1"))
	w := hook(t, "w", "https://api.test:1/")
	p := plan(w)
	p.Egress.CA, p.Egress.DNSServer, p.Egress.Proxy = ca.pem, ns.address, proxyAt(address)
	checkFailure(t, courier(t, p)(w, someDelivery("w")), event.TLS, 0, "not api.test")
	if sent.Load() > 0 {
		t.Error("a request was sent")
	}
}

// A proxy that was taken away is used no more, though a tunnel is open.
func TestAnotherProxyBeginsAnew(t *testing.T) {
	var served atomic.Int32
	port, _ := receiverWithCanaries(t, func(http.ResponseWriter, *http.Request) { served.Add(1) })
	first, second := newProxy(t, nil), newProxy(t, nil)
	w := hook(t, "w", fmt.Sprintf("http://127.0.0.1:%d/", port))
	l := New(Options{Line: newWorldLine()})
	for i, proxy := range []*Proxy{&first.Proxy, {Host: first.Host, Port: first.Port}, &second.Proxy, nil} {
		p := plan(w)
		p.Egress.Proxy = proxy
		d, err := l.Draft(p)
		if err != nil {
			t.Fatal(err)
		}
		l.Swap(d)
		t.Cleanup(d.clients.closeIdle)
		if o := l.messenger.deliver(t.Context(), d, w, someDelivery("w")).outcome; o.Class != event.OK {
			t.Fatalf("%d: %+v", i, o.Attempt)
		}
	}
	if a, b := len(first.targets()), len(second.targets()); a != 1 || b != 1 || served.Load() != 4 {
		t.Errorf("%d and %d tunnels for %d requests", a, b, served.Load())
	}
}
