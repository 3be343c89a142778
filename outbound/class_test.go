package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
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

func TestFailuresHaveClasses(t *testing.T) {
	say := func(s string) func(net.Conn) {
		return func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, s) }
	}
	flood := func(start, piece string) func(net.Conn) {
		return func(c net.Conn) {
			readRequest(c)
			_, err := io.WriteString(c, start)
			for err == nil {
				_, err = io.WriteString(c, piece)
			}
		}
	}
	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for _, tt := range []struct {
		name   string
		answer func(net.Conn)
		tls    bool
		want   event.Class
		status int
		says   string
	}{
		{name: "closes at once", answer: func(net.Conn) {}, want: event.Reset},
		{name: "closes after the request", answer: readRequest, want: event.Reset, says: "without an answer"},
		{name: "resets", answer: func(c net.Conn) { readRequest(c); _ = c.(*net.TCPConn).SetLinger(0) }, want: event.Reset},
		{name: "never answers", answer: hang, want: event.Timeout, says: "no answer within 1s"},
		{name: "half a status line", answer: say("HTTP/1.1 2"), want: event.BadResponse},
		{name: "half a status line, then silence", answer: func(c net.Conn) { say("HTTP/1.1 2")(c); hang(c) }, want: event.Timeout},
		{name: "another protocol", answer: say("SSH-2.0-OpenSSH_9.9\r\n"), want: event.BadResponse},
		{name: "garbage with escapes", answer: say("\x1b[31m\xff\x00\r\n\r\n"), want: event.BadResponse},
		{name: "HTTP/0.9", answer: say("<html>hello</html>\r\n"), want: event.BadResponse},
		{name: "a status that is none", answer: say("HTTP/1.1 abc OK\r\n\r\n"), want: event.BadResponse},
		{name: "a header that is none", answer: say("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), want: event.BadResponse},
		{name: "two lengths", answer: say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), want: event.BadResponse},
		{name: "a flood of headers", answer: flood("HTTP/1.1 200 OK\r\n", "X-Flood: 0123456789\r\n"), want: event.BadResponse, says: "headers exceeded"},
		{name: "an endless header", answer: flood("HTTP/1.1 200 OK\r\nX: ", "0123456789"), want: event.BadResponse, says: "headers exceeded"},
		{name: "endless early hints", answer: flood("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), want: event.BadResponse},
		{name: "only an early hint", answer: say("HTTP/1.1 103 Early Hints\r\n\r\n"), want: event.Reset},
		{name: "switches protocols", answer: func(c net.Conn) {
			say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")(c)
			hang(c)
		}, want: event.Status, status: 101},
		{name: "a status from nowhere", answer: say("HTTP/1.1 999 \x1b[31mEvil\r\nContent-Length: 0\r\n\r\n"), want: event.Status, status: 999, says: "the receiver answered 999"},
		{name: "plain HTTP where TLS is expected", answer: say("HTTP/1.1 400 Bad Request\r\n\r\n"), tls: true, want: event.TLS, says: "plain HTTP"},
		{name: "garbage where TLS is expected", answer: say("\x00\x01\x02\x03\x04\x05"), tls: true, want: event.TLS},
		{name: "closes after the ClientHello", answer: func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) }, tls: true, want: event.TLS, says: "broke off the handshake"},
		{name: "stalls in the handshake", answer: hang, tls: true, want: event.Timeout, says: "TLS handshake took too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			scheme := "http"
			if tt.tls {
				scheme = "https"
			}
			w := hook(t, "w", scheme+"://"+rawServer(t, tt.answer)+"/p?token=canary")
			w.Timeout = time.Second
			if tt.want != event.Timeout {
				w.Timeout = 30 * time.Second
			}
			checkFailure(t, courier(t, plan(w))(w, someDelivery("w")), tt.want, tt.status, tt.says)
		})
	}
}

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

func TestTheStatusLineDecides(t *testing.T) {
	say := func(s string) func(net.Conn) {
		return func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, s) }
	}
	for _, tt := range []struct {
		name      string
		answer    func(net.Conn)
		body      string // its start
		truncated bool
	}{
		{"no body", say("HTTP/1.1 204 No Content\r\n\r\n"), "", false},
		{"204 with a body", say("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), "", false},
		{"a body", say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), "hello", false},
		{"until the end", say("HTTP/1.0 200\r\n\r\nhello"), "hello", false},
		{"shorter than it says", say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello"), "hello", true},
		{"reset", func(c net.Conn) {
			say("HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\nhello")(c)
			_ = c.(*net.TCPConn).SetLinger(0)
		}, "", true},
		{"a bad chunk", say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"), "hello", true},
		{"stalls", func(c net.Conn) {
			say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello")(c)
			_, _ = io.Copy(io.Discard, c)
		}, "hello", true},
		{"endless", func(c net.Conn) {
			say("HTTP/1.1 200 OK\r\n\r\nhello")(c)
			for _, err := c.Write(make([]byte, 4096)); err == nil; _, err = c.Write(make([]byte, 4096)) {
			}
		}, "hello", true},
		{"compressed", say("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"), "\x1f\x8b\x08\x00", false},
	} {
		for _, keep := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, kept %v", tt.name, keep), func(t *testing.T) {
				t.Parallel()
				w := hook(t, "w", "http://"+rawServer(t, tt.answer)+"/")
				w.LogResponseBody = keep
				w.Timeout = 30 * time.Second
				o := courier(t, plan(w))(w, someDelivery("w")).outcome
				if o.State != event.Delivered || o.Class != event.OK || o.Attempt.Error != "" || o.Said != nil {
					t.Fatalf("got %+v with %+v", o, o.Attempt)
				}
				switch body := o.Attempt.ResponseBody; {
				case !keep && (body != nil || o.Attempt.Truncated):
					t.Errorf("kept %q", body)
				case keep && (!bytes.HasPrefix(body, []byte(tt.body)) || len(body) > mostBodyKept || o.Attempt.Truncated != tt.truncated):
					t.Errorf("kept %d bytes, %.20q, truncated %v", len(body), body, o.Attempt.Truncated)
				}
			})
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

func TestProxiesOfTheEnvironmentAreIgnored(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	w := hook(t, "w", s.URL)
	if o := courier(t, plan(w))(w, someDelivery("w")).outcome; o.State != event.Delivered {
		t.Errorf("got %+v", o.Attempt)
	}
}
