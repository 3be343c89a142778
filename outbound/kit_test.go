package outbound

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/queue/queuetest"
)

// hook is a webhook with the defaults of the configuration, less its patience.
func hook(t testing.TB, name, url string) *Webhook {
	t.Helper()
	return &Webhook{
		Name: name, URL: mustURL(t, url), Method: http.MethodPost, Events: []Subscription{{All: true}}, Active: true,
		Timeout: 5 * time.Second, Concurrency: 8,
		Retry:       Retry{Schedule: []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute}, MaxRetryAfter: time.Hour},
		Fingerprint: name + " " + url,
	}
}

func plan(hooks ...*Webhook) *Plan {
	p := &Plan{
		Webhooks: map[string]*Webhook{}, Secrets: map[string]secret.Text{}, MaxAge: 72 * time.Hour,
		Egress: Egress{Allow: rules("127.0.0.1"), AllowHTTP: rules("127.0.0.1"), MaxInFlight: 16},
	}
	for _, w := range hooks {
		p.Webhooks[w.Name] = w
	}
	return p
}

func someEvent() *event.Event {
	return &event.Event{ID: "evt_1", Type: "contact.subscribed", Data: []byte(`{"contact": {"id": 42, "email": "ada@example.com"}, "big": 9007199254740993}`), Accepted: time.Date(2026, 6, 17, 10, 0, 0, 5, time.UTC)}
}

func someDelivery(webhook string) *event.Delivery {
	e := someEvent()
	return &event.Delivery{ID: "dlv_1", EventID: e.ID, Type: e.Type, Webhook: webhook, State: event.Pending, Created: e.Accepted, Event: e}
}

// courier makes single attempts by a plan, without a line.
func courier(t testing.TB, p *Plan) (deliver func(w *Webhook, d *event.Delivery) ending) {
	t.Helper()
	return courierBy(t, p, nil)
}

// courierBy is courier with another way to connect.
func courierBy(t testing.TB, p *Plan, dial dialFunc) (deliver func(w *Webhook, d *event.Delivery) ending) {
	t.Helper()
	l := New(Options{Line: queuetest.NewMemory(queuetest.Options{}), Version: "1.2.3", Log: zap.NewNop(), Jitter: func() float64 { return 0 }})
	l.dial = dial
	d, err := l.Draft(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.clients.closeIdle)
	return func(w *Webhook, dl *event.Delivery) ending { return l.messenger.deliver(t.Context(), d, w, dl) }
}

// rawServer answers each connection with a function, in plain TCP. It waits for
// all of them at the end.
func rawServer(t testing.TB, answer func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				answer(c)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return listener.Addr().String()
}

// readRequest reads one request and its body.
func readRequest(c net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err == nil {
		buf := make([]byte, r.ContentLength+1)
		_, _ = r.Body.Read(buf)
	}
}

// tlsServer serves with a certificate that only the returned roots know.
func tlsServer(t testing.TB, h http.HandlerFunc, change func(*tls.Config)) (*httptest.Server, []byte) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = zap.NewStdLog(zap.NewNop())
	s.TLS = &tls.Config{}
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func mustBool(t testing.TB, src string) *expr.Program {
	t.Helper()
	p, err := expr.Compile(src, expr.Bool)
	if err != nil {
		p, err = expr.Compile("("+src+") == true", expr.Bool)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newWorldLine() *queuetest.Memory { return queuetest.NewMemory(queuetest.Options{}) }
