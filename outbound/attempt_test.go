package outbound

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/metrics"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/queue"
)

func TestAttemptsAreLoggedCountedAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.InfoLevel)
		m := metrics.New("test")
		h := hook(t, "crm", "http://crm/s3cret-path?token=s3cret")
		h.Retry.Schedule = h.Retry.Schedule[:1]
		h.Headers = []Header{{"X-Key", text(t, "canary-header")}}
		h.LogResponseBody = true
		var n atomic.Int32
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			time.Sleep(250 * time.Millisecond)
			if n.Add(1) != 3 {
				rw.WriteHeader(500)
			}
			_, _ = io.WriteString(rw, "canary-body")
		}, func(o *Options) { o.Log, o.Metrics = zap.New(core), m }).run(plan(h))
		failed := w.post("crm")[0]
		w.wait(time.Minute)
		fine := w.post("crm")[0]
		w.wait(time.Minute)

		type line struct {
			Level   string
			Message string
			Fields  map[string]any
		}
		var got []line
		for _, e := range logs.FilterMessage("attempt").All() {
			if strings.Contains(fmt.Sprint(e.ContextMap()), "canary") || strings.Contains(fmt.Sprint(e.ContextMap()), "s3cret") {
				t.Errorf("logged %v", e.ContextMap())
			}
			got = append(got, line{e.Level.String(), e.Message, e.ContextMap()})
		}
		fields := func(event, delivery string, attempt, status int64, class, state string, more ...any) map[string]any {
			f := map[string]any{"webhook": "crm", "event_id": event, "delivery_id": delivery, "attempt": attempt, "status": status, "class": class, "duration_ms": int64(250), "state": state}
			for i := 0; i < len(more); i += 2 {
				f[more[i].(string)] = more[i+1]
			}
			return f
		}
		const says = "the receiver answered 500 Internal Server Error"
		want := []line{
			{"info", "attempt", fields("evt_1", failed, 1, 500, "status", "pending", "error", says, "next_attempt_at", w.begin.Add(5250*time.Millisecond).UTC(),
				"timeline", map[string]any{"connect_ms": 0.001, "sent_ms": 0.001, "first_byte_ms": 250.0, "done_ms": 250.0})},
			{"warn", "attempt", fields("evt_1", failed, 2, 500, "status", "failed", "error", says,
				"timeline", map[string]any{"sent_ms": 0.001, "first_byte_ms": 250.0, "done_ms": 250.0})},
			{"info", "attempt", fields("evt_2", fine, 1, 200, "ok", "delivered")},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		dialled := event.Timeline{Connect: 1, Sent: 1, FirstByte: 250 * time.Millisecond, Done: 250 * time.Millisecond}
		again := dialled
		again.Connect = 0
		reports := []Report{
			{failed, "evt_1", "", "contact.subscribed", "crm", 1, event.Pending, event.Status, 500, 250 * time.Millisecond, says, w.begin.Add(5250 * time.Millisecond), dialled, event.Connection{}},
			{failed, "evt_1", "", "contact.subscribed", "crm", 2, event.Failed, event.Status, 500, 250 * time.Millisecond, says, time.Time{}, again, event.Connection{Reused: true}},
			{fine, "evt_2", "", "contact.subscribed", "crm", 1, event.Delivered, event.OK, 200, 250 * time.Millisecond, "", time.Time{}, dialled, event.Connection{}},
		}
		if diff := cmp.Diff(reports, w.reports, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			t.Error(diff)
		}
		if body := w.delivery(fine).Attempts[0].ResponseBody; string(body) != "canary-body" {
			t.Errorf("kept %q", body)
		}
		exposed := httptest.NewRecorder()
		m.Handler().ServeHTTP(exposed, httptest.NewRequest("GET", "/metrics", nil))
		for _, want := range []string{
			`postern_attempts_total{class="status",webhook="crm"} 2`, `postern_attempts_total{class="ok",webhook="crm"} 1`,
			`postern_deliveries_total{outcome="failed",webhook="crm"} 1`, `postern_deliveries_total{outcome="delivered",webhook="crm"} 1`,
			`postern_delivery_lag_seconds_sum{webhook="crm"} 0.25`, `postern_attempt_duration_seconds_count{webhook="crm"} 3`,
		} {
			if !strings.Contains(exposed.Body.String(), want) {
				t.Errorf("not exposed: %s", want)
			}
		}
	})
}

// A failingLine fails when it is told to.
type failingLine struct {
	queue.Line
	takes, settles atomic.Int32 // calls
	take, settle   atomic.Pointer[error]
	once           atomic.Pointer[error] // of the next Take alone
}

func (f *failingLine) Take(lane string, n int) ([]queue.Lease, time.Time, error) {
	f.takes.Add(1)
	if err := f.take.Load(); err != nil {
		return nil, time.Time{}, *err
	}
	if err := f.once.Swap(nil); err != nil {
		return nil, time.Time{}, *err
	}
	leases, again, err := f.Line.Take(lane, n)
	for i, l := range leases {
		leases[i] = &failingLease{l, f}
	}
	return leases, again, err
}

type failingLease struct {
	queue.Lease
	line *failingLine
}

func (f *failingLease) Settle(ctx context.Context, o queue.Outcome) error {
	f.line.settles.Add(1)
	if err := f.line.settle.Load(); err != nil {
		return *err
	}
	return f.Lease.Settle(ctx, o)
}

func TestAFailingLineIsAskedLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.InfoLevel)
		f := &failingLine{}
		down := error(queue.ErrUnavailable)
		f.take.Store(&down)
		w := newWorld(t, status(200), func(o *Options) { f.Line = o.Line; o.Line, o.Log = f, zap.New(core) }).run(plan(hook(t, "crm", "http://crm/")))
		id := w.post("crm")[0]
		w.wait(time.Minute)
		if n := f.takes.Load(); n < 10 || n > 25 {
			t.Errorf("asked %d times in a minute", n)
		}
		if n := logs.Len(); n != 1 {
			t.Errorf("said it %d times", n)
		}
		f.take.Store(nil)
		w.wait(5 * time.Second)
		w.want(id, event.Delivered, event.OK, 1)
		if got := logs.FilterMessage("the queue answers again").Len(); got != 1 {
			t.Errorf("said %d times that it is well", got)
		}
	})
}

func TestASuccessIsRecordedWhenTheLineIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &failingLine{}
		down := fmt.Errorf("disk: %w", queue.ErrUnavailable)
		f.settle.Store(&down)
		w := newWorld(t, status(200), func(o *Options) { f.Line = o.Line; o.Line = f }).run(plan(hook(t, "crm", "http://crm/")))
		id := w.post("crm")[0]
		w.wait(time.Minute)
		w.want(id, event.Pending, "", 0)
		f.settle.Store(nil)
		w.wait(5 * time.Second)
		w.want(id, event.Delivered, event.OK, 1)
		if n := len(w.receiver.requests()); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestWhatCantBeRecordedIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &failingLine{}
		broken := errors.New("unreadable record")
		f.settle.Store(&broken)
		w := newWorld(t, slow(time.Second), func(o *Options) { f.Line = o.Line; o.Line = f }).run(plan(hook(t, "crm", "http://crm/")))
		id := w.post("crm")[0]
		w.wait(1500 * time.Millisecond)
		f.settle.Store(nil)
		w.wait(time.Minute)
		w.want(id, event.Delivered, event.OK, 1)
		if n := len(w.receiver.requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestADrainGivesUpOnAFailingLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &failingLine{}
		down := error(queue.ErrUnavailable)
		f.settle.Store(&down)
		w := newWorld(t, status(200), func(o *Options) { f.Line = o.Line; o.Line = f }).run(plan(hook(t, "crm", "http://crm/")))
		w.post("crm")
		synctest.Wait()
		w.stop()
		<-w.done
		if got := time.Since(w.begin); got != w.drain {
			t.Errorf("Run returned after %s", got)
		}
	})
}

func TestALineThatPromisesInVainIsNotAskedAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &vainLine{}
		w := newWorld(t, status(200), func(o *Options) { f.Line = o.Line; o.Line = f }).run(plan(hook(t, "crm", "http://crm/")))
		w.lanes.Wake("crm")
		w.wait(time.Minute)
		if n := f.takes.Load(); n > 100 {
			t.Errorf("asked %d times in a minute", n)
		}
	})
}

func TestTheLineIsAskedAgainNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &failingLine{}
		h := hook(t, "crm", "http://crm/")
		h.Retry.Schedule = []time.Duration{20 * time.Hour}
		w := newWorld(t, status(500), func(o *Options) { f.Line = o.Line; o.Line = f }).run(plan(h))
		w.post("crm")
		w.wait(10*time.Minute + time.Second)
		if n := f.takes.Load(); n < 11 || n > 14 {
			t.Errorf("asked %d times in ten minutes", n)
		}
	})
}

// A vainLine always says that something has been due for a while.
type vainLine struct {
	queue.Line
	takes atomic.Int32
}

func (v *vainLine) Take(string, int) ([]queue.Lease, time.Time, error) {
	v.takes.Add(1)
	return nil, time.Now().Add(-time.Second), nil
}

func TestEchoedSecretsAreMaskedInWhatIsKept(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(400)
		_ = r.Write(rw) // the whole request, as an echo service does
	}))
	t.Cleanup(s.Close)
	w := hook(t, "w", s.URL)
	var err error
	if w.URL, err = NewURL(text(t, s.URL+"/hooks/<env:KEY>"), lookIn(map[string]string{"env:KEY": "canary/key=1"})); err != nil {
		t.Fatal(err)
	}
	w.LogResponseBody = true
	w.Auth = Auth{Kind: BasicAuth, Username: "u", Password: secret.New("canary-pass")}
	w.Payload = mapping(t)
	p := plan(w)
	p.Secrets["env:KEY"] = secret.New("canary/key=1")
	a := courier(t, p)(w, someDelivery("w")).outcome.Attempt
	if body := string(a.ResponseBody); strings.Contains(body, "canary") || strings.Contains(body, "dTpjYW5hcnktcGFzcw") || strings.Count(body, mask) != 2 {
		t.Errorf("kept %s", body)
	}
}

// A webhook's whole URL is often a secret; its receiver knows it without a host.
func TestARedirectDoesNotShowASecretURL(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "https://www.example.com"+r.URL.Path+"/", http.StatusMovedPermanently)
	}))
	t.Cleanup(s.Close)
	secretURL := s.URL + "/services/canary-canary"
	w := hook(t, "w", secretURL)
	p := plan(w)
	p.Secrets["env:HOOK"] = secret.New(secretURL)
	a := courier(t, p)(w, someDelivery("w")).outcome.Attempt
	if strings.Contains(a.Error, "canary") || !strings.Contains(a.Error, "https://www.example.com"+mask) {
		t.Errorf("says %s", a.Error)
	}
}

// What http.Transport would repeat by itself is a recorded attempt with us.
func TestClosedConnectionsAreNotRetriedBehindOurBack(t *testing.T) {
	for _, method := range []string{"POST", "GET", "PUT", "empty POST"} {
		t.Run(method, func(t *testing.T) {
			var requests atomic.Int32
			address := rawServer(t, func(c net.Conn) {
				in := bufio.NewReader(c)
				for first := true; ; first = false {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					requests.Add(1)
					if r.Header.Get("Idempotency-Key") != "k" {
						t.Errorf("headers %v", r.Header)
					}
					if method == "empty POST" && r.ContentLength != 0 || len(r.TransferEncoding) > 0 || method == "GET" && r.Header.Get("Content-Length") != "" {
						t.Errorf("length %d, encoding %v", r.ContentLength, r.TransferEncoding)
					}
					if !first {
						return // closes a connection that was in use, after the request
					}
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
			})
			w := hook(t, "w", "http://"+address+"/")
			w.Method = strings.TrimPrefix(method, "empty ")
			w.Headers = []Header{{"Idempotency-Key", text(t, "k")}}
			if method == "empty POST" {
				w.Payload, w.Encoding = mapping(t), Form
			}
			deliver := courier(t, plan(w))
			if o := deliver(w, someDelivery("w")).outcome; o.State != event.Delivered {
				t.Fatalf("got %+v", o.Attempt)
			}
			if o := deliver(w, someDelivery("w")).outcome; o.Class != event.Reset {
				t.Errorf("got %+v", o.Attempt)
			}
			if n := requests.Load(); n != 2 {
				t.Errorf("%d requests for two attempts", n)
			}
		})
	}
}

func TestATighterPolicyClosesOpenConnections(t *testing.T) {
	var mu sync.Mutex
	var states []http.ConnState
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	closed := make(chan struct{})
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if states = append(states, st); st == http.StateClosed {
			close(closed)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	l := New(Options{Line: newWorldLine()})
	w := hook(t, "w", s.URL)
	var drafts []*Draft
	attempt := func(p *Plan) *queue.Outcome {
		d, err := l.Draft(p)
		if err != nil {
			t.Fatal(err)
		}
		l.Swap(d)
		drafts = append(drafts, d)
		o := l.messenger.deliver(t.Context(), d, w, someDelivery("w")).outcome
		return &o
	}
	same, tight := plan(w), plan(w)
	same.Egress.MaxInFlight, tight.Egress.Allow = 3, nil
	for _, p := range []*Plan{plan(w), same} {
		if o := attempt(p); o.State != event.Delivered {
			t.Fatalf("got %+v", o.Attempt)
		}
	}
	if drafts[0].clients.ways[""] != drafts[1].clients.ways[""] {
		t.Error("the same policy has new clients")
	}
	if o := attempt(tight); o.Class != event.BlockedAddress {
		t.Errorf("got %+v", o.Attempt)
	}
	<-closed
	mu.Lock()
	defer mu.Unlock()
	if n := len(slices.DeleteFunc(states, func(st http.ConnState) bool { return st != http.StateNew })); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestDraftRefusesRootsThatAreNone(t *testing.T) {
	l := New(Options{Line: newWorldLine()})
	p := plan()
	p.Egress.CA = []byte("hello")
	if _, err := l.Draft(p); err == nil || err.Error() != "egress: ca_file holds no certificate in PEM form" {
		t.Errorf("got %v", err)
	}
	if l.current.Load() != nil {
		t.Error("a draft went live")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAPanicWhileSendingIsRetried(t *testing.T) {
	core, logs := observer.New(zapcore.ErrorLevel)
	l := New(Options{Line: newWorldLine(), Log: zap.New(core)})
	w := hook(t, "w", "http://h/")
	d := &Draft{plan: plan(w), scrub: newScrubber(plan(w)), clients: &clients{map[string]*way{"": {http: roundTrip(func(*http.Request) (*http.Response, error) { panic("oh\x1b[31m") })}}}}
	o := l.messenger.deliver(t.Context(), d, w, someDelivery("w")).outcome
	if o.State != event.Pending || o.Class != event.BadResponse || o.Said == nil || o.Attempt == nil {
		t.Errorf("got %+v", o)
	}
	if logs.Len() != 1 || strings.Contains(fmt.Sprint(logs.All()[0].ContextMap()["panic"]), "\x1b") {
		t.Errorf("logged %+v", logs.All())
	}
}

func TestAnAttemptIsBoundedByItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook(t, "crm", "http://crm/")
		h.Timeout, h.Retry.Schedule = 15*time.Second, nil
		w := newWorld(t, slow(time.Hour)).run(plan(h))
		id := w.post("crm")[0]
		w.wait(15 * time.Second)
		d := w.want(id, event.Failed, event.Timeout, 1)
		if a := d.Attempts[0]; a.Duration != 15*time.Second || a.Error != "no answer within 15s" {
			t.Errorf("got %+v", a)
		}
	})
}

func TestABodyGetsTwoSecondsMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			rw.WriteHeader(200)
			_ = http.NewResponseController(rw).Flush()
			<-r.Context().Done()
		}).run(plan(hook(t, "crm", "http://crm/")))
		id := w.post("crm")[0]
		w.wait(bodyPatience)
		if a := w.want(id, event.Delivered, event.OK, 1).Attempts[0]; a.Duration != bodyPatience {
			t.Errorf("took %s", a.Duration)
		}
	})
}

// An attempt that began by a plan just before another came into force leaves no
// connection behind.
func TestALateAttemptLeavesNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, status(200))
		h := hook(t, "crm", "http://crm/")
		w.swap(plan(h))
		old := w.lanes.current.Load()
		tight := plan(h)
		tight.Egress.Allow = nil
		w.swap(tight)
		id := w.post("crm")[0]
		leases, _, err := w.line.Take("crm", 1)
		if err != nil || len(leases) != 1 {
			t.Fatal(leases, err)
		}
		w.lanes.attempt(t.Context(), old, h, newLane("crm"), leases[0], false)
		synctest.Wait()
		w.want(id, event.Delivered, event.OK, 1)
		if n := w.receiver.connections(); n != 0 {
			t.Errorf("%d connections are open", n)
		}
	})
}
