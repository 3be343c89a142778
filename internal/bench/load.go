package main

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A load is what is sent in one run.
type load struct {
	address     string
	path        string
	connections int
	lasts       time.Duration
	rate        int  // events a second, whatever the answers; 0: the next when one is answered
	batch       int  // events of a request; 0 and 1: single ones
	fan         int  // deliveries that each event owes
	held        bool // none of them is made: only the door is measured
}

const connections = 64

// A result is what one run came to.
type result struct {
	accepted, refused int
	lost, again       int     // deliveries, of events that were accepted
	acceptedPerSecond float64 // while it was sent
	delivered         float64 // deliveries a second, from the first request to the last arrival
	deliveries        int
	answer            spread // from sending to the answer
	arrival           spread // from sending to the first arrival
}

// send sends until the time is over, and waits until what was accepted has come
// or nothing comes any more.
func (l *load) send(s *sink) (result, error) {
	a := s.begin()
	w := &sending{load: l, a: a, sent: make([]int64, mostEvents), took: make([]int64, mostEvents)}
	conns := make([]net.Conn, l.connections)
	for i := range conns {
		c, err := net.Dial("tcp", l.address)
		if err != nil {
			return result{}, err
		}
		defer c.Close()
		conns[i] = c
	}
	begin := time.Since(a.begun)
	errs := make([]error, len(conns))
	var all sync.WaitGroup
	for i, c := range conns {
		all.Go(func() { errs[i] = w.serve(c, begin) })
	}
	all.Wait()
	end := time.Since(a.begun)
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return result{}, errs[i]
	}
	a.settle(w.accepted.Load() * l.owed())
	return w.result(begin, end), nil
}

// owed is how many deliveries of an event arrive.
func (l *load) owed() int64 {
	if l.held {
		return 0
	}
	return int64(max(l.fan, 1))
}

// settle waits for so many deliveries, for as long as some come.
func (a *arrivals) settle(want int64) {
	const patience = 10 * time.Second
	for seen, since := a.first.Load(), time.Now(); a.first.Load() < want; {
		time.Sleep(5 * time.Millisecond)
		if now := a.first.Load(); now > seen {
			seen, since = now, time.Now()
		} else if time.Since(since) > patience {
			return
		}
	}
}

// A sending is a load under way.
type sending struct {
	*load
	a        *arrivals
	sent     []int64 // by event, since the beginning of arrivals
	took     []int64 // by event, until the answer; 0: it was not accepted
	next     atomic.Int64
	accepted atomic.Int64
	refused  atomic.Int64
}

// serve sends over one connection.
func (w *sending) serve(c net.Conn, begin time.Duration) error {
	r := newReader(c)
	size := int64(max(w.batch, 1))
	var body, request []byte
	for {
		first := w.next.Add(size) - size
		at := w.due(first, begin)
		if at-begin >= w.lasts || first+size > mostEvents {
			return nil
		}
		body = w.body(body[:0], int(first), int(size))
		request = appendRequest(request[:0], w.address, w.path, body)
		for i := range size {
			w.sent[first+i] = int64(at)
		}
		if _, err := c.Write(request); err != nil {
			return err
		}
		m, err := r.next()
		if err != nil {
			return fmt.Errorf("%s: %w", w.address, err)
		}
		if m.status()/100 != 2 {
			w.refused.Add(size)
			continue
		}
		took := max(int64(time.Since(w.a.begun)-at), 1)
		for i := range size {
			w.took[first+i] = took
		}
		w.accepted.Add(size)
	}
}

// due is when an event is to be sent. With a rate the time counts from then, also
// if nobody was free to send it.
func (w *sending) due(n int64, begin time.Duration) time.Duration {
	now := time.Since(w.a.begun)
	if w.rate == 0 {
		return now
	}
	at := begin + time.Duration(n)*time.Second/time.Duration(w.rate)
	time.Sleep(at - now)
	return at
}

func (w *sending) body(to []byte, first, size int) []byte {
	if w.batch <= 1 {
		return appendEvent(to, first)
	}
	to = append(to, '[')
	for i := range size {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendEvent(to, first+i)
	}
	return append(to, ']')
}

func (w *sending) result(begin, end time.Duration) result {
	r := result{accepted: int(w.accepted.Load()), refused: int(w.refused.Load()), again: int(w.a.again.Load()), deliveries: int(w.a.first.Load())}
	var answers, arrivals []int64
	for n, took := range w.took {
		if took == 0 {
			continue
		}
		answers = append(answers, took)
		if at := w.a.at[n].Load(); at > 0 {
			arrivals = append(arrivals, at-w.sent[n])
		}
	}
	r.lost = r.accepted*int(w.owed()) - r.deliveries
	r.acceptedPerSecond = float64(r.accepted) / (end - begin).Seconds()
	if last := time.Duration(w.a.last.Load()); last > begin {
		r.delivered = float64(r.deliveries) / (last - begin).Seconds()
	}
	r.answer, r.arrival = spreadOf(answers), spreadOf(arrivals)
	return r
}

// A spread is that of times.
type spread struct{ p50, p99 time.Duration }

func spreadOf(times []int64) spread {
	if len(times) == 0 {
		return spread{}
	}
	slices.Sort(times)
	return spread{time.Duration(times[len(times)/2]), time.Duration(times[len(times)*99/100])}
}
