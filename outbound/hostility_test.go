package outbound

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/internal/logline"
)

// hostilities are all that receivers do by one answer, or by none.
func hostilities() (all []hostility) {
	for _, some := range [][]hostility{hostileBodies, hostileHeads, hostileStalls, hostileTLS, hostileWords} {
		all = append(all, some...)
	}
	return all
}

// Whatever a receiver does: the attempt ends in time, with its class; what is
// read, kept and said has its bounds; one connection was opened, and none is left.
func TestHostileAnswers(t *testing.T) {
	for _, h := range hostilities() {
		t.Run(h.name, h.inBubble)
	}
}

// The same over sockets, behind the guard. What takes its time is left out.
func TestHostileAnswersOverSockets(t *testing.T) {
	for _, h := range hostilities() {
		if h.took == 0 {
			t.Run(h.name, func(t *testing.T) {
				t.Parallel()
				h.overSockets(t)
			})
		}
	}
}

// inBubble plays it over a pipe, by a lane, from the line and back.
func (h *hostility) inBubble(t *testing.T) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := pipes(t, h.act)
		log := new(lines)
		w := newWorld(t, nil, log.of(t))
		w.lanes.dial = n.dial
		p := plan(h.webhook(t, "127.0.0.1:7"))
		p.Egress.CA = n.ca.pem
		w.run(p)
		id := w.post("w")[0]
		w.wait(h.took)
		d := w.delivery(id)
		if len(d.Attempts) != 1 || d.Attempts[0].Duration != h.took {
			t.Fatalf("after %s it has %+v", h.took, d.Attempts)
		}
		h.check(t, n, d.State, &d.Attempts[0])
		w.wait(looksIn)
		if _, open := n.account(); open != count(h.kept) {
			t.Errorf("%d connections are kept", open)
		}
		log.check(t, d.Attempts[0].Error)
	})
}

// overSockets makes one attempt, with the body kept, and one without.
func (h *hostility) overSockets(t *testing.T) {
	t.Helper()
	for _, keep := range []bool{true, false} {
		want := *h
		n, address := sockets(t, h.act)
		w := h.webhook(t, address)
		if w.LogResponseBody = keep; !keep {
			want.body, want.truncated = "", false
		}
		p := plan(w)
		p.Egress.CA = n.ca.pem
		o := courierBy(t, p, n.dial)(w, someDelivery("w")).outcome
		if o.Class != o.Attempt.Class {
			t.Errorf("%s, with an attempt that is %s", o.Class, o.Attempt.Class)
		}
		want.check(t, n, o.State, o.Attempt)
	}
}

func (h *hostility) webhook(t *testing.T, address string) *Webhook {
	scheme := "http"
	if h.https {
		scheme = "https"
	}
	w := hook(t, "w", scheme+"://"+address+"/p?token=canary")
	w.Timeout, w.LogResponseBody = patience, true
	if h.change != nil {
		h.change(t, w)
	}
	return w
}

func (h *hostility) check(t *testing.T, n *network, state event.State, a *event.Attempt) {
	t.Helper()
	want := event.Pending
	if h.class == event.OK {
		want = event.Delivered
	}
	if state != want || a.Class != h.class || a.Status != h.status {
		t.Errorf("%s, with %d (%s), %q; want %s, with %d (%s)", state, a.Status, a.Class, a.Error, want, h.status, h.class)
	}
	if !strings.Contains(a.Error, h.says) || (a.Error == "") != (h.class == event.OK) || len(a.Error) > longestError || a.Error != inert.Text(a.Error) || strings.Contains(a.Error, "canary") {
		t.Errorf("says %q", a.Error)
	}
	if !bytes.HasPrefix(a.ResponseBody, []byte(h.body)) || (len(a.ResponseBody) > 0) != (h.body != "") || len(a.ResponseBody) > mostBodyKept || a.Truncated != h.truncated {
		t.Errorf("keeps %d bytes, %.40q, truncated %v", len(a.ResponseBody), a.ResponseBody, a.Truncated)
	}
	if !h.truncated && len(a.ResponseBody) != len(h.body) {
		t.Errorf("keeps %d bytes of %d", len(a.ResponseBody), len(h.body))
	}
	most := h.most
	if most == 0 {
		most = mostRead
	}
	if read, _ := n.account(); read > most {
		t.Errorf("%d bytes were read, at most %d should be", read, most)
	}
	if dials, requests := n.dials(), n.requests(); len(dials) != 1 || len(requests) != count(!h.unasked) {
		t.Errorf("dialled %q, %d requests", dials, len(requests))
	}
}

// lines is what a log has written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// of makes a messenger log as the program does.
func (l *lines) of(t *testing.T) func(*Options) {
	logs := logline.New(logline.Options{Level: "debug", Format: "json", Out: l})
	ctx, stop := context.WithCancel(context.Background())
	var writing sync.WaitGroup
	writing.Go(func() { logs.Run(ctx) })
	t.Cleanup(func() {
		stop()
		writing.Wait()
	})
	return func(o *Options) { o.Log = logs.Logger }
}

// check finds one line, of the attempt, that no terminal and no reader obeys.
func (l *lines) check(t *testing.T, says string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var line struct{ Error string }
	text, found := strings.CutSuffix(l.buf.String(), "\n")
	if err := json.Unmarshal([]byte(text), &line); err != nil || !found || line.Error != says || text != inert.Text(text) {
		t.Errorf("logged %q: %v", text, err)
	}
}
