package door

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// served is a server on loopback. end stops it and gives its error.
type served struct {
	at  string
	end func() error
}

func serve(t *testing.T, s Server) served {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(cancel)
	return served{l.Addr().String(), func() error { cancel(); return <-ended }}
}

func (s served) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.at)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// get sends a whole request and answers the status.
func (s served) get(t *testing.T, c net.Conn, header string) int {
	t.Helper()
	if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\n%s\r\n", s.at, header); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, r.Body)
	return r.StatusCode
}

// closed tells whether the other side has hung up.
func closed(c net.Conn) bool {
	_, err := c.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

var empty = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })

func TestLongestWaitingConnectionMakesRoom(t *testing.T) {
	s := serve(t, Server{Handler: empty, Limits: Limits{Connections: 3, Header: time.Minute, Idle: time.Minute}})
	silent := s.dial(t) // never says a word
	slow := s.dial(t)
	if _, err := io.WriteString(slow, "GET / HTTP/1.1\r\nHos"); err != nil {
		t.Fatal(err)
	}
	idle := s.dial(t)
	if got := s.get(t, idle, ""); got != 204 {
		t.Fatal(got)
	}
	for range 3 {
		if got := s.get(t, s.dial(t), ""); got != 204 {
			t.Errorf("a new connection gets %d", got)
		}
	}
	for name, c := range map[string]net.Conn{"silent": silent, "slow": slow, "idle": idle} {
		if !closed(c) {
			t.Errorf("the %s one was not closed", name)
		}
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

func TestBusyConnectionsAreNotClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		begun := 0
		l := &pipes{offered: make(chan net.Conn), closed: make(chan struct{})}
		s := served{at: l.Addr().String()}
		server := Server{Limits: Limits{Connections: 1}, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			begun++
			<-goOn
			w.WriteHeader(204)
		})}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(ctx, l) }()
		first, second := make(chan int, 1), make(chan int, 1)
		go func() { first <- s.get(t, l.dial(), "Connection: close\r\n") }()
		synctest.Wait()
		go func() { second <- s.get(t, l.dial(), "") }()
		time.Sleep(10 * patience)
		synctest.Wait()
		if begun != 1 {
			t.Errorf("%d are served at once", begun)
		}
		goOn <- struct{}{}
		if got := <-first; got != 204 {
			t.Errorf("the first gets %d", got)
		}
		goOn <- struct{}{}
		if got := <-second; got != 204 {
			t.Errorf("the second gets %d", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// pipes is a listener on loopback, without a network.
type pipes struct {
	offered chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.offered:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return loopback4 }

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.offered <- far
	return near
}

func TestEndLetsRequestsFinish(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	s := serve(t, Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-goOn
		w.WriteHeader(204)
	})})
	silent, c := s.dial(t), s.dial(t)
	got := make(chan int, 1)
	go func() { got <- s.get(t, c, "") }()
	<-begun
	ended := make(chan error, 1)
	go func() { ended <- s.end() }()
	if !closed(silent) {
		t.Error("a connection without a request is not closed")
	}
	select {
	case err := <-ended:
		t.Errorf("ended before its request: %v", err)
	default:
	}
	goOn <- struct{}{}
	if status := <-got; status != 204 {
		t.Errorf("the request gets %d", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", s.at); err == nil {
		t.Error("still listening")
	}
}

func TestEndCutsOffWhatTakesTooLong(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	s := serve(t, Server{Limits: Limits{Drain: time.Millisecond}, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-goOn
	})})
	c := s.dial(t)
	if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", s.at); err != nil {
		t.Fatal(err)
	}
	<-begun
	if err := s.end(); err == nil || !strings.Contains(err.Error(), "cut off after 1ms") {
		t.Error(err)
	}
	if !closed(c) {
		t.Error("the connection is still open")
	}
	goOn <- struct{}{}
}

func TestPanicIsLoggedAndAnswersNothing(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	s := serve(t, Server{Log: zap.New(core), Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("ouch\n") })})
	c := s.dial(t)
	if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", s.at); err != nil {
		t.Fatal(err)
	}
	if all, err := io.ReadAll(c); len(all) > 0 || err != nil {
		t.Errorf("%q %v", all, err)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if got := logs.FilterLevelExact(zapcore.ErrorLevel); got.Len() != 1 || got.All()[0].ContextMap()["panic"] != "ouch\n" {
		t.Errorf("%v", logs.All())
	}
}

func TestComplaintsAboutPeersAreForDebugging(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	s := Server{Log: zap.New(core)}
	s.server(empty, Limits{}.filled()).ErrorLog.Printf("peer says %s", "\x1b[31m")
	all := logs.All()
	if len(all) != 1 || all[0].Level != zapcore.DebugLevel || all[0].Message != "http server" {
		t.Errorf("%v", all)
	}
}

func TestNothingForPreflights(t *testing.T) {
	s := serve(t, Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(405) })})
	for _, line := range []string{"OPTIONS *", "OPTIONS /"} {
		c := s.dial(t)
		fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: %s\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Private-Network: true\r\nConnection: close\r\n\r\n", line, s.at)
		all, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 403 ") || strings.Contains(string(all), "Access-Control") {
			t.Errorf("%s: %q %v", line, all, err)
		}
	}
	c := s.dial(t)
	fmt.Fprintf(c, "OPTIONS * HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", s.at)
	if all, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 405 ") {
		t.Errorf("the server answers by itself: %q %v", all, err)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestAnswerReachesWhoIsStillSending: a client that wants the connection closed,
// and sends more than anybody reads.
func TestAnswerReachesWhoIsStillSending(t *testing.T) {
	s := serve(t, Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { (&Problem{Status: 413}).Write(w) })})
	for _, connection := range []string{"close", "keep-alive"} {
		c := s.dial(t)
		_, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: %s\r\nConnection: %s\r\nContent-Length: 4000000\r\n\r\n%s", s.at, connection, strings.Repeat("x", 2_000_000))
		if err != nil {
			t.Errorf("%s: %v", connection, err)
		}
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || r.StatusCode != 413 {
			t.Errorf("%s: %v %v", connection, r, err)
		}
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

func TestBeforeSeesRefusalsToo(t *testing.T) {
	s := serve(t, Server{Handler: empty, Before: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("X-Before", "yes")
			next.ServeHTTP(w, q)
		})
	}})
	q, err := http.NewRequest("GET", "http://"+s.at, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Host, q.Close = "evil.example", true
	r, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 421 || r.Header.Get("X-Before") != "yes" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// TestWhoHasJustComeIsAnsweredAtTheEnd: a connection that was accepted, whose
// request is on the way while the door closes.
func TestWhoHasJustComeIsAnsweredAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{offered: make(chan net.Conn), closed: make(chan struct{})}
		s := served{at: l.Addr().String()}
		server := Server{Handler: empty}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(ctx, l) }()
		justCome, silent, idle := l.dial(), l.dial(), l.dial()
		if got := s.get(t, idle, ""); got != 204 {
			t.Errorf("while it is open: %d", got)
		}
		synctest.Wait()
		cancel()
		time.Sleep(farewell / 2)
		if got := s.get(t, justCome, ""); got != 204 {
			t.Errorf("at the end: %d", got)
		}
		begun := time.Now()
		if !closed(silent) || !closed(idle) || time.Since(begun) > farewell/2 {
			t.Errorf("those that say nothing are kept for %v", time.Since(begun))
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
