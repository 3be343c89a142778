package inbound

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/semaphore"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/door"
	"github.com/posternhq/postern/internal/metrics"
	"github.com/posternhq/postern/internal/secret"
)

// Options of a door. A zero field means what its comment says.
type Options struct {
	Accepter Accepter // must be given

	// Await says how the deliveries of accepted events stand, once all of them
	// have ended, or can't for now, or ctx is done. Its answer stands in the order
	// of the ids; nil is for what can't be told. nil: ?wait is as though it were
	// not there.
	Await func(ctx context.Context, ids []string) [][]Outcome

	// Waiters are requests that wait at once for the outcome of events that are on
	// disk already; 0: 256. Further ones are answered at once.
	Waiters int

	Token secret.Text // shown by every sender; empty: none, which only loopback and Unix sockets allow
	Hosts []string    // off loopback, the Host names that are ours; none: any

	Limits door.Limits // of time and connections

	// Requests may be with the Accepter at once; 0: 256. Others wait for
	// Patience, as do bodies for room in memory, and then get 429; 0: 1 s.
	Requests int
	Patience time.Duration

	Metrics *metrics.Metrics // nil: nothing is counted
	Log     *zap.Logger      // nil: nothing is logged
}

// A Server is one door for events. It counts what it refuses; what is accepted
// is for the Accepter to count. Options must not change once it serves.
type Server struct {
	Options Options

	ready sync.Once
	work  chan struct{}       // a place for each request that is with the Accepter
	waits chan struct{}       // a place for each that waits for an outcome
	room  *semaphore.Weighted // bytes for bodies
	heavy chan struct{}       // a place for each large body that is being decoded
	ids   *ids
	log   *zap.Logger
}

func (s *Server) prepare() {
	s.log = s.Options.Log
	if s.log == nil {
		s.log = zap.NewNop()
	}
	s.work = make(chan struct{}, cmp.Or(s.Options.Requests, 256))
	s.waits = make(chan struct{}, cmp.Or(s.Options.Waiters, 256))
	s.room = semaphore.NewWeighted(roomForBodies)
	s.heavy = make(chan struct{}, runtime.GOMAXPROCS(0))
	s.ids = newIDs()
}

func (s *Server) patience() time.Duration { return cmp.Or(s.Options.Patience, time.Second) }

// Serve takes events on l until ctx is done, and always closes l. Requests under
// way may finish, for at most Limits.Drain. Without a token it refuses an
// address that other machines can reach (door.ErrNoToken).
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.Options.Metrics.KnowReasons(reasons...)
	front := door.Server{
		Rules:   door.Rules{Token: s.Options.Token, Hosts: s.Options.Hosts, Refused: s.Options.Metrics.Rejected},
		Handler: s,
		Limits:  s.Options.Limits,
		Log:     s.Options.Log,
	}
	return front.Serve(ctx, l)
}

// ServeHTTP answers one request that the rules of the door have let in.
func (s *Server) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	s.ready.Do(s.prepare)
	p := s.take(w, q)
	if p == nil {
		return
	}
	s.Options.Metrics.Rejected(p.Reason)
	s.log.Debug("events refused", zap.Int("status", p.Status), zap.String("reason", p.Reason), zap.String("detail", p.Detail))
	p.Write(w)
}

// take answers, or says why not.
func (s *Server) take(w http.ResponseWriter, q *http.Request) *door.Problem {
	wait, p := waitOf(q.URL)
	if p != nil {
		return p
	}
	receipts, batch, p := s.takeIn(q)
	if p != nil {
		return p
	}
	if wait >= 0 {
		s.await(w, q, receipts, wait)
	}
	answer(w, receipts, batch)
	return nil
}

// takeIn returns when the events are on disk.
func (s *Server) takeIn(q *http.Request) ([]Receipt, bool, *door.Problem) {
	typ, p := route(q)
	if p != nil {
		return nil, false, p
	}
	by := posting{typ: typ, header: q.Header}
	if by.form, p = formOf(q.Header, typ); p != nil {
		return nil, false, p
	}
	key, p := idempotencyKey(q.Header)
	if p != nil {
		return nil, false, p
	}
	body, taken, p := s.body(q, by.form.extent())
	defer s.room.Release(taken)
	if p != nil {
		return nil, false, p
	}
	got, p := s.decode(body, &by)
	if p != nil {
		return nil, false, p
	}
	if got.batch && key != "" {
		return nil, false, unprocessable(reasonKey, "an Idempotency-Key is for a single event: give each event of a batch an id")
	}
	receipts, p := s.accept(q, &got, key)
	return receipts, got.batch, p
}

// body reads the body whole, as it is once it is decompressed.
func (s *Server) body(q *http.Request, holds extent) (b []byte, taken int64, p *door.Problem) {
	zipped, p := contentCoding(q.Header)
	switch {
	case p != nil:
		return nil, 0, p
	case !zipped:
		return s.readBody(q.Body, q.ContentLength, holds)
	}
	r := newInflater(q.Body)
	defer r.release()
	return s.readBody(r, -1, holds)
}

// decode reads large bodies one for each processor: what it needs beside the
// body can be many times its size, if somebody wants that.
func (s *Server) decode(body []byte, by *posting) (content, *door.Problem) {
	if len(body) > freeBytes {
		s.heavy <- struct{}{}
		defer func() { <-s.heavy }()
	}
	return by.decode(body)
}

// accept hands the items over. It holds a place among the requests with the
// Accepter, but not while the answer is written.
func (s *Server) accept(q *http.Request, got *content, key string) ([]Receipt, *door.Problem) {
	if !s.begin() {
		return nil, busy()
	}
	defer func() { <-s.work }()
	now := time.Now()
	trace := traceOf(q.Header)
	items := got.items
	for i := range items {
		if items[i].Event.ID == "" {
			items[i].Event.ID, items[i].MadeUp, items[i].Key = s.ids.next(now), true, key
		}
		if trace.Parent != "" {
			items[i].Event.Trace = trace
		}
	}
	receipts, err := s.Options.Accepter.Accept(context.WithoutCancel(q.Context()), items)
	if err != nil {
		return nil, s.refused(err, got)
	}
	return receipts, nil
}

// traceOf is the trace context of a request. It goes before that of a CloudEvent,
// which is where the event began, and not the way that it came.
func traceOf(h http.Header) event.Trace {
	if parent := h["Traceparent"]; len(parent) > 0 {
		return event.ReadTrace(parent, h["Tracestate"])
	}
	return event.Trace{}
}

// begin takes a place among the requests with the Accepter, and waits a little
// for one, also for a client that is gone: its event came whole.
func (s *Server) begin() bool {
	select {
	case s.work <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(s.patience())
	defer timer.Stop()
	select {
	case s.work <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}
