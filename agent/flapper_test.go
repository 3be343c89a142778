package agent_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A flapper is a receiver that is ill every other spell of time, until it heals.
type flapper struct {
	name  string
	spell time.Duration
	waits []string         // of the schedule of its webhook
	ill   http.HandlerFunc // what it does while it is ill: no answer that is a success; nil: it is never ill
	well  http.HandlerFunc // else: an answer that is one; nil: a plain 200
	tls   bool
	alien bool // over TLS: while it is ill it shows a certificate that nobody trusts
	deaf  bool // while it is ill nobody listens

	server *httptest.Server // of a deaf one, that of flap while it flaps
	url    string
	begun  time.Time
	heal   chan struct{} // closed when it is ill no more

	mu       sync.Mutex
	got      map[string]*arrival // by webhook-id
	mistakes []string
	asked    int
}

// An arrival is what came under one webhook-id.
type arrival struct {
	first    time.Time
	asked    int
	answered int // with a success
	body     [sha256.Size]byte
}

// start opens its door. It is shut with the test.
func (f *flapper) start(t testing.TB) {
	t.Helper()
	f.got, f.begun, f.heal = make(map[string]*arrival), time.Now(), make(chan struct{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.serve(t, listener)
	f.url = f.server.URL + "/" + f.name
	t.Cleanup(func() { f.server.Close() })
}

func (f *flapper) serve(t testing.TB, listener net.Listener) {
	t.Helper()
	f.server = &httptest.Server{Listener: listener, Config: &http.Server{
		Handler: http.HandlerFunc(f.receive), ErrorLog: log.New(io.Discard, "", 0),
	}}
	if f.alien {
		other := otherCertificate(t)
		f.server.Config.SetKeepAlivesEnabled(false) // each request is a handshake
		f.server.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			if f.isIll() {
				return &tls.Config{Certificates: []tls.Certificate{other}}, nil
			}
			return nil, nil
		}}
	}
	if f.tls {
		f.server.StartTLS()
	} else {
		f.server.Start()
	}
}

func (f *flapper) healed() bool {
	select {
	case <-f.heal:
		return true
	default:
		return false
	}
}

func (f *flapper) isIll() bool {
	return !f.healed() && time.Since(f.begun)/f.spell%2 == 0
}

// receive notes a request, and answers as it feels.
func (f *flapper) receive(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	ill := f.ill != nil && f.isIll()
	f.note(q.Header.Get("Webhook-Id"), body, !ill)
	switch {
	case ill:
		f.ill(w, q)
	case f.well != nil:
		f.well(w, q)
	}
}

// note holds each request to what was said under its id before.
func (f *flapper) note(id string, body []byte, answered bool) {
	var said struct{ ID string }
	if err := json.Unmarshal(body, &said); err != nil {
		said.ID = err.Error()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	a := f.got[id]
	if a == nil {
		a = &arrival{first: time.Now(), body: sha256.Sum256(body)}
		f.got[id] = a
	}
	a.asked++
	if answered {
		a.answered++
	}
	if said.ID != id || a.body != sha256.Sum256(body) {
		f.mistakes = append(f.mistakes, fmt.Sprintf("request %d of %s says %.200s", a.asked, id, body))
	}
}

// flap shuts and opens the door of one that is deaf, until it heals.
func (f *flapper) flap(t testing.TB) {
	address := f.server.Listener.Addr().String()
	turn := time.NewTicker(f.spell)
	defer turn.Stop()
	for shut := false; shut || !f.healed(); {
		if !shut {
			f.server.Close()
			shut = true
		} else if listener, err := net.Listen("tcp", address); err == nil { // else somebody has the port for now
			f.serve(t, listener)
			shut = false
		}
		if !f.healed() {
			select {
			case <-f.heal:
			case <-turn.C:
			}
		} else if shut {
			<-turn.C
		}
	}
}

// pause holds an answer back, unless nobody waits for it any more.
func pause(q *http.Request, d time.Duration) {
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case <-late.C:
	case <-q.Context().Done():
	}
}

func silent(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }

func slowly(d time.Duration) http.HandlerFunc {
	return func(_ http.ResponseWriter, q *http.Request) { pause(q, d) }
}

func answers(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

// asksToWaitUntil gives the date of a second from now.
func asksToWaitUntil(w http.ResponseWriter, q *http.Request) {
	answers(http.StatusTooManyRequests, "Retry-After", time.Now().UTC().Add(time.Second).Format(http.TimeFormat))(w, q)
}

// endless answers with a status and a body that the client has to end.
func endless(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		for page := []byte(strings.Repeat("more ", 2000)); ; {
			if _, err := w.Write(page); err != nil {
				return
			}
		}
	}
}

// bare takes the connection from HTTP.
func bare(do func(c net.Conn, q *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		do(c, q)
	}
}

// reset ends a connection without a farewell.
func reset(c net.Conn, _ *http.Request) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // else it ends with one
	}
}

// drip writes an endless header, a byte at a time.
func drip(c net.Conn, q *http.Request) {
	_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nX-Drip: ")
	for err == nil {
		pause(q, 20*time.Millisecond)
		_, err = c.Write([]byte{'.'})
	}
}

func babble(c net.Conn, _ *http.Request) {
	_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n") // to whoever is still there
}

// otherCertificate is one that nobody trusts.
func otherCertificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
