package outbound

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/queuetest"
)

// A world is a messenger with a line in memory and receivers behind pipes, all
// of it in a bubble, where time is what the test makes of it.
type world struct {
	t        *testing.T
	begin    time.Time
	line     *queuetest.Memory
	lanes    *Lanes
	receiver *receiver
	stop     context.CancelFunc
	done     chan struct{}
	drain    time.Duration
	sent     int

	mu      sync.Mutex
	reports []Report
}

func newWorld(t *testing.T, answer http.HandlerFunc, change ...func(*Options)) *world {
	w := &world{t: t, begin: time.Now(), line: queuetest.NewMemory(queuetest.Options{}), receiver: newReceiver(t, answer), drain: 10 * time.Second}
	o := Options{Line: w.line, Log: zap.NewNop(), Version: "test", Jitter: func() float64 { return 0 }, Ended: w.report}
	for _, c := range change {
		c(&o)
	}
	w.lanes = New(o)
	w.lanes.dial = w.receiver.dial
	t.Cleanup(w.end)
	return w
}

func (w *world) report(r Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, r)
}

func (w *world) swap(p *Plan) {
	w.t.Helper()
	d, err := w.lanes.Draft(p)
	if err != nil {
		w.t.Fatal(err)
	}
	w.lanes.Swap(d)
}

func (w *world) run(p *Plan) *world {
	w.t.Helper()
	if p != nil {
		w.swap(p)
	}
	ctx, stop := context.WithCancel(context.Background())
	w.stop, w.done = stop, make(chan struct{})
	go func() {
		defer close(w.done)
		_ = w.lanes.Run(ctx, func() time.Duration { return w.drain })
	}()
	return w
}

func (w *world) end() {
	if w.stop != nil {
		w.stop()
		<-w.done
	}
	w.receiver.close()
}

// post accepts one event for the named webhooks, and wakes them.
func (w *world) post(hooks ...string) (deliveries []string) {
	w.t.Helper()
	e := *someEvent()
	e.Accepted = time.Now().UTC()
	return w.put(e, hooks...)
}

// put accepts a certain event, under an id that it is given.
func (w *world) put(e event.Event, hooks ...string) (deliveries []string) {
	w.t.Helper()
	w.sent++
	e.ID = fmt.Sprintf("evt_%d", w.sent)
	entry := queue.Entry{Event: e}
	for _, h := range hooks {
		entry.Owed = append(entry.Owed, queue.Owed{Lane: h, State: event.Pending})
	}
	if _, err := w.line.Accept(w.t.Context(), []queue.Entry{entry}); err != nil {
		w.t.Fatal(err)
	}
	w.lanes.Wake(hooks...)
	_, owed, err := w.line.Event(w.t.Context(), e.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range hooks {
		for _, d := range owed {
			if d.Webhook == h {
				deliveries = append(deliveries, d.ID)
			}
		}
	}
	return deliveries
}

// pile accepts many events at once for each of the named webhooks.
func (w *world) pile(n int, hooks ...string) {
	w.t.Helper()
	entries := make([]queue.Entry, n)
	for i := range entries {
		w.sent++
		e := *someEvent()
		e.ID, e.Accepted = fmt.Sprintf("evt_%d", w.sent), time.Now().UTC()
		entries[i].Event = e
		for _, h := range hooks {
			entries[i].Owed = append(entries[i].Owed, queue.Owed{Lane: h, State: event.Pending})
		}
	}
	if _, err := w.line.Accept(w.t.Context(), entries); err != nil {
		w.t.Fatal(err)
	}
	w.lanes.Wake(hooks...)
}

func (w *world) delivery(id string) event.Delivery {
	w.t.Helper()
	d, err := w.line.Delivery(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) want(id string, state event.State, class event.Class, attempts int) event.Delivery {
	w.t.Helper()
	d := w.delivery(id)
	if d.State != state || d.Class != class || len(d.Attempts) != attempts {
		w.t.Errorf("after %s: %s is %s (%s) with %d attempts, want %s (%s) with %d", time.Since(w.begin), d.Webhook, d.State, d.Class, len(d.Attempts), state, class, attempts)
	}
	return d
}

// A receiver keeps what it was sent, and when.
type receiver struct {
	server *http.Server
	conns  chan net.Conn
	closed chan struct{}
	served chan struct{}
	begin  time.Time

	mu   sync.Mutex
	got  []got
	now  map[string]int // requests under way, by host
	most map[string]int
	open int // connections
}

type got struct {
	At     time.Duration
	Host   string
	Method string
	Target string
	Header http.Header
	Body   string
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	r := &receiver{conns: make(chan net.Conn), closed: make(chan struct{}), served: make(chan struct{}), begin: time.Now(), now: map[string]int{}, most: map[string]int{}}
	r.server = &http.Server{ErrorLog: zap.NewStdLog(zap.NewNop()), Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, got{time.Since(r.begin), req.Host, req.Method, req.RequestURI, req.Header, string(body)})
		r.now[req.Host]++
		r.now["*"]++
		r.most[req.Host] = max(r.most[req.Host], r.now[req.Host])
		r.most["*"] = max(r.most["*"], r.now["*"])
		r.mu.Unlock()
		defer func() {
			r.mu.Lock()
			r.now[req.Host]--
			r.now["*"]--
			r.mu.Unlock()
		}()
		answer(w, req)
	})}
	r.server.ConnState = func(_ net.Conn, s http.ConnState) {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch s {
		case http.StateNew:
			r.open++
		case http.StateClosed:
			r.open--
		}
	}
	go func() {
		defer close(r.served)
		_ = r.server.Serve(r)
	}()
	return r
}

func (r *receiver) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case r.conns <- theirs:
		return ours, nil
	case <-r.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept, Close and Addr make it a net.Listener.
func (r *receiver) Accept() (net.Conn, error) {
	select {
	case c := <-r.conns:
		return c, nil
	case <-r.closed:
		return nil, net.ErrClosed
	}
}
func (r *receiver) Close() error   { return nil }
func (r *receiver) Addr() net.Addr { return &net.TCPAddr{} }

func (r *receiver) close() {
	close(r.closed)
	_ = r.server.Close()
	<-r.served
}

func (r *receiver) requests() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]got(nil), r.got...)
}

// at lists when requests came in for a host; "" is any.
func (r *receiver) at(host string) (times []time.Duration) {
	for _, g := range r.requests() {
		if host == "" || g.Host == host {
			times = append(times, g.At)
		}
	}
	return times
}

func (r *receiver) peak(host string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.most[host]
}

func (r *receiver) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// slow answers 200 after a while, if the client still waits.
func slow(d time.Duration) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
	}
}
