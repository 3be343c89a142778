package outbound

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

// atRest delivers once to a receiver that answers well, and then does something
// to the connection; after a while it delivers again.
func atRest(t *testing.T, then act, https bool, while time.Duration, check func(*testing.T, *network, []event.Attempt)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := pipes(t, then)
		w := newWorld(t, nil)
		w.lanes.dial = n.dial
		h := hook(t, "w", map[bool]string{false: "http", true: "https"}[https]+"://127.0.0.1:7/")
		h.Timeout, h.LogResponseBody = patience, true
		p := plan(h)
		p.Egress.CA = n.ca.pem
		w.run(p)
		var all []event.Attempt
		for range 2 {
			id := w.post("w")[0]
			w.wait(while)
			all = append(all, w.delivery(id).Attempts...)
		}
		check(t, n, all)
	})
}

func bothWell(t *testing.T, n *network, all []event.Attempt) {
	t.Helper()
	if len(all) != 2 || all[0].Class != event.OK || all[1].Class != event.OK || string(all[1].ResponseBody) != "hello" {
		t.Errorf("got %+v", all)
	}
	if got := len(n.requests()); got != 2 {
		t.Errorf("%d requests", got)
	}
}

// What a connection does at rest harms no other request, and doesn't last.
func TestConnectionsAtRest(t *testing.T) {
	first := acts(asked, tell(okFive))
	evilAnswer := okHead + "Content-Length: 4\r\n\r\nevil"
	for _, tt := range []struct {
		name        string
		act         act
		https       bool
		while       time.Duration
		dials, open int
	}{
		{name: "stays well", act: acts(first, first, hang), dials: 1, open: 1},
		{name: "closes", act: first, dials: 2},
		{name: "says an answer that nobody asked for", act: acts(first, tell(evilAnswer), hang), dials: 2},
		{name: "says two answers in one", act: acts(asked, tell(okFive+evilAnswer), hang), dials: 2},
		{name: "says garbage", act: acts(first, tell(evil), hang), dials: 2},
		{name: "floods", act: acts(first, flood(evilAnswer)), dials: 2},
		{name: "gives up waiting", act: acts(first, tell("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")), dials: 2},
		{name: "rests for too long", act: acts(first, hang), while: oldest, dials: 2},
		{name: "says farewell over TLS", act: secured(nil, first), https: true, dials: 2},
		{name: "changes keys without end", act: updatesKeys(okFive, 0), https: true, dials: 2},
		{name: "wants other keys without end, and reads nothing", act: updatesKeys(okFive, 1), https: true, while: looksIn, dials: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			atRest(t, tt.act, tt.https, tt.while, func(t *testing.T, n *network, all []event.Attempt) {
				bothWell(t, n, all)
				if dials := n.dials(); len(dials) != tt.dials {
					t.Errorf("%d connections", len(dials))
				}
				time.Sleep(looksIn)
				synctest.Wait()
				if _, open := n.account(); open != tt.open {
					t.Errorf("%d are open", open)
				}
			})
		})
	}
}

// Nothing that an answer asks for is kept, told, or followed.
func TestAnswersLeaveNothingBehind(t *testing.T) {
	wishes := "HTTP/1.1 401 No\r\nSet-Cookie: evil=1; Domain=127.0.0.1\r\nStrict-Transport-Security: max-age=31536000\r\nAlt-Svc: h2=\"127.0.0.2:7\"\r\n" +
		"WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Negotiate\r\nLink: <http://127.0.0.2/>; rel=preload\r\nRefresh: 0; url=http://127.0.0.2/\r\n" +
		"Accept-CH: Device-Memory\r\nETag: \"evil\"\r\nContent-Length: 0\r\n\r\n"
	atRest(t, acts(asked, tell(wishes), asked, tell(okFive), hang), false, 0, func(t *testing.T, n *network, all []event.Attempt) {
		got := n.requests()
		if len(got) != 2 || len(n.dials()) != 1 {
			t.Fatalf("%d requests to %q", len(got), n.dials())
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(got[0].Header)), slices.Sorted(maps.Keys(got[1].Header))); diff != "" {
			t.Errorf("the second request has other headers: %s", diff)
		}
	})
}

// A connection that dies in the moment of its reuse costs a recorded attempt,
// and no request is sent twice, however repeatable it looks.
func TestDyingConnectionsRepeatNothing(t *testing.T) {
	const deliveries = 500
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			// Each connection serves one request, and ends: at once, or having
			// read another one.
			var mu sync.Mutex
			served := 0
			n, address := sockets(t, func(p *peer) {
				acts(asked, tell(okFive))(p)
				mu.Lock()
				served++
				reads := served%2 == 0
				mu.Unlock()
				if reads {
					asked(p)
				}
			})
			w := hook(t, "w", "http://"+address+"/")
			w.Method = method
			w.Headers = []Header{{"Idempotency-Key", text(t, "{event.id}")}}
			w.Payload = mapping(t, expr.Field{Name: "id", Value: program(t, "event.id")})
			deliver := courierBy(t, plan(w), n.dial)
			ends := map[string]event.Class{}
			for i := range deliveries {
				d := someDelivery("w")
				d.Event.ID = fmt.Sprintf("evt_%d", i)
				ends[d.Event.ID] = deliver(w, d).outcome.Class
			}
			checkSentOnce(t, n, ends)
		})
	}
}

// checkSentOnce compares the requests that came in with how their attempts ended.
func checkSentOnce(t *testing.T, n *network, ends map[string]event.Class) {
	t.Helper()
	got, failed := map[string]int{}, 0
	for _, r := range n.requests() {
		got[r.Header.Get("webhook-id")]++
	}
	for id, class := range ends {
		failed += count(class == event.Reset)
		switch {
		case class != event.OK && class != event.Reset:
			t.Errorf("%s ended with %s", id, class)
		case got[id] > 1, class == event.OK && got[id] != 1:
			t.Errorf("%s ended with %s, and came in %d times", id, class, got[id])
		}
	}
	if failed == 0 || failed == len(ends) {
		t.Errorf("%d of %d failed", failed, len(ends))
	}
}
