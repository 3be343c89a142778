package outbound

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// provocations make an attempt end with a class, each by what really leads to it.
var provocations = map[event.Class]func(*testing.T) queue.Outcome{
	event.OK: answering(200, nil),
	event.DNS: func(t *testing.T) queue.Outcome {
		return attemptAt(t, "http://nowhere.test", func(t *testing.T, _ *Webhook, p *Plan, _ *event.Delivery) {
			p.Egress.DNSServer = newNameServer(t).address // it knows no name
		})
	},
	event.Refused: func(t *testing.T) queue.Outcome { return attemptAt(t, "http://"+nobody(t).String(), nil) },
	event.Reset:   raw(func(net.Conn) {}),
	event.Timeout: func(t *testing.T) queue.Outcome {
		address := rawServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		return attemptAt(t, "http://"+address, func(t *testing.T, w *Webhook, _ *Plan, _ *event.Delivery) { w.Timeout = 100 * time.Millisecond })
	},
	event.TLS: func(t *testing.T) queue.Outcome {
		s, _ := tlsServer(t, func(http.ResponseWriter, *http.Request) {}, nil)
		return attemptAt(t, s.URL, nil)
	},
	event.BlockedAddress: answering(200, func(t *testing.T, _ *Webhook, p *Plan, _ *event.Delivery) { p.Egress.Allow = nil }),
	event.Redirect:       answering(302, nil),
	event.Status:         answering(500, nil),
	event.BadResponse:    raw(func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n") }),
	event.Proxy: answering(200, func(t *testing.T, _ *Webhook, p *Plan, _ *event.Delivery) {
		p.Egress.Proxy = &Proxy{Host: "127.0.0.1", Port: nobody(t).Port()}
	}),
	event.Auth: answering(400, func(t *testing.T, w *Webhook, _ *Plan, _ *event.Delivery) {
		w.Auth = Auth{Kind: OAuth2, OAuth: &OAuth{TokenURL: w.URL, ClientID: "postern"}}
	}),
	event.Mapping: answering(200, func(t *testing.T, w *Webhook, _ *Plan, d *event.Delivery) {
		w.Headers, d.Event.Data = []Header{{"X-Value", text(t, "{v}")}}, []byte(`{"v":"a\r\nX-Evil: 1"}`)
	}),
	event.Filter: answering(200, func(t *testing.T, w *Webhook, _ *Plan, d *event.Delivery) {
		w.Filter, d.Class = mustBool(t, "contact.email > 1"), event.Filter // replayed
	}),
	event.TooLarge: answering(200, func(t *testing.T, _ *Webhook, _ *Plan, d *event.Delivery) {
		d.Event.Data = []byte(`{"v":"` + strings.Repeat("x", largestRequest) + `"}`)
	}),
	event.SuccessWhen: answering(200, func(t *testing.T, w *Webhook, _ *Plan, _ *event.Delivery) {
		w.SuccessWhen = criterion(t, "body?.ok == true")
	}),
	event.Gone: answering(410, nil),
	event.Expired: answering(200, func(t *testing.T, _ *Webhook, p *Plan, d *event.Delivery) {
		d.Charged, d.Age = 1, p.MaxAge
	}),
	event.Crash: func(t *testing.T) queue.Outcome { // agent/crash_test.go does it with processes
		d := someDelivery("w")
		l := New(Options{Line: newWorldLine(), Underway: died(t, map[string]int{d.ID: mostCrashes})})
		_, put := l.admit(d)
		return *put
	},
}

// A twist is what is not as usual in an attempt.
type twist func(t *testing.T, w *Webhook, p *Plan, d *event.Delivery)

// attemptAt makes one attempt at a receiver.
func attemptAt(t *testing.T, url string, change twist) queue.Outcome {
	t.Helper()
	w, d := hook(t, "w", url), someDelivery("w")
	p := plan(w)
	if change != nil {
		change(t, w, p, d)
	}
	return courier(t, p)(w, d).outcome
}

func answering(code int, change twist) func(*testing.T) queue.Outcome {
	return func(t *testing.T) queue.Outcome {
		s := httptest.NewServer(status(code))
		t.Cleanup(s.Close)
		return attemptAt(t, s.URL, change)
	}
}

func raw(answer func(net.Conn)) func(*testing.T) queue.Outcome {
	return func(t *testing.T) queue.Outcome { return attemptAt(t, "http://"+rawServer(t, answer), nil) }
}

// nobody is where none listens.
func nobody(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// Each class that there is has its own cause, and the cause no other class.
func TestEveryClassIsProvoked(t *testing.T) {
	all := classesOf(t)
	if len(all) < 16 {
		t.Fatalf("%d classes were found", len(all))
	}
	for _, class := range all {
		provoke := provocations[class]
		if provoke == nil {
			t.Errorf("nothing here leads to %s", class)
			continue
		}
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			o := provoke(t)
			if o.Class != class || o.Attempt != nil && o.Attempt.Class != class {
				t.Fatalf("got %+v with %+v", o, o.Attempt)
			}
			if told := o.Attempt != nil && o.Attempt.Error != ""; told != (class != event.OK && class != event.Expired) {
				t.Errorf("says %+v", o.Attempt)
			}
		})
	}
}

// classesOf reads the constants of type Class.
func classesOf(t *testing.T) (all []event.Class) {
	file, err := parser.ParseFile(token.NewFileSet(), "../event/delivery.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := v.Type.(*ast.Ident); ok && of.Name == "Class" {
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, event.Class(text))
		}
		return true
	})
	return all
}
