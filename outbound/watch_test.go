package outbound

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func TestAPromptLaneFallsWhileAnAttemptLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &places{size: 8}
		s := &share{tried: true, last: prompt}
		answer := &queue.Outcome{Attempt: &event.Attempt{Status: 200}}
		slow, other := p.watch(s, time.Now()), p.watch(s, time.Now())
		time.Sleep(promptly - 1)
		if s.rank() != prompt {
			t.Error("it fell too early")
		}
		p.unwatch(other, answer, time.Now())
		time.Sleep(2 * time.Nanosecond)
		synctest.Wait()
		if s.rank() != late {
			t.Error("it did not fall")
		}
		p.unwatch(slow, &queue.Outcome{Attempt: &event.Attempt{Class: event.Timeout}}, time.Now())
		if s.rank() != hanging || s.lagged != 0 {
			t.Errorf("rank %d, %d lag", s.rank(), s.lagged)
		}
	})
}

func (p *places) lagging(s *share) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return s.lagged
}

// Each attempt lags a second after it began, whatever began and ended around it.
func TestEachAttemptLagsAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &places{size: 8}
		s := &share{tried: true, last: prompt}
		answer := &queue.Outcome{Attempt: &event.Attempt{Status: 200}}
		const apart = promptly / 10
		var all []*watch
		for range 5 {
			all = append(all, p.watch(s, time.Now()))
			time.Sleep(apart)
		}
		for _, i := range []int{0, 2, 4} { // the oldest, one between, the newest
			p.unwatch(all[i], answer, time.Now())
		}
		time.Sleep(6*apart - 1) // to the moment before the second one lags
		for _, want := range []int{0, 1, 1, 2} {
			synctest.Wait()
			if n := p.lagging(s); n != want {
				t.Errorf("%d lag, want %d", n, want)
			}
			time.Sleep(apart)
		}
		p.unwatch(all[3], answer, time.Now())
		p.unwatch(all[1], answer, time.Now())
		if s.lagged != 0 || s.oldest != nil || s.newest != nil || s.rank() != late {
			t.Errorf("%d lag, rank %d", s.lagged, s.rank())
		}
		time.Sleep(promptly)
		last := p.watch(s, time.Now()) // the timer is set anew
		time.Sleep(promptly)
		synctest.Wait()
		if p.lagging(s) != 1 {
			t.Error("a later one does not lag")
		}
		p.unwatch(last, answer, time.Now())
	})
}
