package outbound

import (
	"time"

	"github.com/posternhq/postern/queue"
)

// A watch is kept over one attempt under way, to notice when it is not prompt
// before it ends. Those of a lane stand in a row, the oldest first, and share one
// timer: it is set when it is not yet, and rings about once a second at most,
// however many attempts begin and end. The places guard it.
type watch struct {
	share         *share
	begin         time.Time
	lags          bool // and is in the row no more
	before, after *watch
}

// watch begins one. Its end is to be told.
func (p *places) watch(s *share, begin time.Time) *watch {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &watch{share: s, begin: begin, before: s.newest}
	if s.newest == nil {
		s.oldest = w
	} else {
		s.newest.after = w
	}
	s.newest = w
	p.arm(s)
	return w
}

// unwatch takes in how an attempt ended.
func (p *places) unwatch(w *watch, o *queue.Outcome, end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.lags {
		p.lag(w.share, -1)
	} else {
		w.leave()
	}
	if r, ok := rankOf(o, end.Sub(w.begin)); ok {
		p.earn(w.share, r)
	}
}

// leave takes a watch out of the row.
func (w *watch) leave() {
	if w.before == nil {
		w.share.oldest = w.after
	} else {
		w.before.after = w.after
	}
	if w.after == nil {
		w.share.newest = w.before
	} else {
		w.after.before = w.before
	}
	w.before, w.after = nil, nil
}

// ring notices what lags by now.
func (p *places) ring(s *share) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.armed = false
	n := 0
	for w := s.oldest; w != nil && time.Since(w.begin) >= promptly; w = s.oldest {
		w.leave()
		w.lags = true
		n++
	}
	if n > 0 {
		p.lag(s, n)
	}
	p.arm(s)
}

// lag changes how many attempts of a lane are known to lag. The caller holds mu.
func (p *places) lag(s *share, n int) {
	p.change(s, func() { s.lagged += n })
	p.serve()
}

// arm sets the timer for the oldest attempt, if there is one and it is not set.
// The caller holds mu.
func (p *places) arm(s *share) {
	if s.armed || s.oldest == nil {
		return
	}
	s.armed = true
	until := promptly - time.Since(s.oldest.begin)
	if s.alarm == nil {
		s.alarm = time.AfterFunc(until, func() { p.ring(s) })
		return
	}
	s.alarm.Reset(until)
}
