package outbound

import (
	"time"

	"github.com/posternhq/postern/queue"
)

// A rank is what a lane's attempts cost the others: how long they hold their
// places. An error that comes at once costs nothing; silence does.
type rank int

const (
	prompt  rank = iota // the last attempt was over within a second
	late                // the answer took longer, or none was tried yet
	hanging             // no answer came within that
	ranks
)

const promptly = time.Second

// rankOf is what an attempt that took so long earns its lane; ok is false when
// it asked nobody.
func rankOf(o *queue.Outcome, took time.Duration) (r rank, ok bool) {
	switch a := o.Attempt; {
	case a == nil || a.Status == 0 && hearClass(a.Class) == nothing:
		return 0, false
	case took <= promptly:
		return prompt, true
	case a.Status > 0:
		return late, true
	}
	return hanging, true
}

// rank is that of the last attempt, unless one that is under way shows already
// that it isn't prompt any more. The places guard it.
func (s *share) rank() rank {
	if !s.tried || s.last == prompt && s.lagged > 0 {
		return late
	}
	return s.last
}

// expect gives a lane that was not tried the rank of one that hangs, if it is
// known not to answer.
func (p *places) expect(s *share, silent bool) {
	if silent {
		p.judge(s, hanging)
	}
}

func (p *places) judge(s *share, r rank) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.earn(s, r)
}

// earn is judge for a caller that holds mu.
func (p *places) earn(s *share, r rank) {
	if s.tried && s.last == r {
		return
	}
	p.change(s, func() { s.tried, s.last = true, r })
	p.serve()
}
