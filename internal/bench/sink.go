package main

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// mostEvents bounds the events of one run.
const mostEvents = 2 << 20

// A sink is the receiver. It answers at once and notes who came when.
type sink struct {
	listener net.Listener
	open     sync.WaitGroup

	run atomic.Pointer[arrivals]
}

// Arrivals are what came in one run.
type arrivals struct {
	begun time.Time
	at    []atomic.Int64  // by event: the first arrival, in nanoseconds since then
	seen  []atomic.Uint32 // by event: a bit for each webhook
	first atomic.Int64    // deliveries, each counted once
	again atomic.Int64    // repeated ones
	last  atomic.Int64    // the latest of all, as at
}

func newArrivals() *arrivals {
	return &arrivals{begun: time.Now(), at: make([]atomic.Int64, mostEvents), seen: make([]atomic.Uint32, mostEvents)}
}

func newSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: l}
	s.run.Store(newArrivals())
	s.open.Go(s.accept)
	return s, nil
}

func (s *sink) address() string { return s.listener.Addr().String() }

// begin forgets what came and begins a new run.
func (s *sink) begin() *arrivals {
	a := newArrivals()
	s.run.Store(a)
	return a
}

// close gives up the listener; connections end with their peers.
func (s *sink) close() error {
	err := s.listener.Close()
	s.open.Wait()
	return err
}

func (s *sink) accept() {
	for {
		c, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			s.open.Go(func() { s.serve(c) })
		}
	}
}

var thanks = []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

func (s *sink) serve(c net.Conn) {
	defer c.Close()
	for r := newReader(c); ; {
		m, err := r.next()
		if err != nil {
			return
		}
		s.run.Load().note(m)
		if _, err := c.Write(thanks); err != nil {
			return
		}
	}
}

// note counts a request. The last letter of its path tells the webhook.
func (a *arrivals) note(m *message) {
	n, ok := numberIn(m.body)
	if !ok || n < 0 || n >= mostEvents {
		return
	}
	now := int64(time.Since(a.begun))
	path := m.path()
	bit := uint32(1) << (path[len(path)-1] % 16)
	if a.seen[n].Or(bit)&bit != 0 {
		a.again.Add(1)
		return
	}
	a.at[n].CompareAndSwap(0, now)
	a.first.Add(1)
	for last := a.last.Load(); now > last && !a.last.CompareAndSwap(last, now); last = a.last.Load() {
	}
}
