package outbound

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func TestWhatAnAttemptEarns(t *testing.T) {
	for _, tt := range []struct {
		class  event.Class
		status int
		took   time.Duration
		want   rank
		ok     bool
	}{
		{event.OK, 200, time.Second, prompt, true},
		{event.Status, 500, time.Millisecond, prompt, true},
		{event.Refused, 0, time.Millisecond, prompt, true}, // it cost nobody anything
		{event.OK, 200, 2 * time.Second, late, true},
		{event.Status, 503, 2 * time.Second, late, true},
		{event.Timeout, 0, 15 * time.Second, hanging, true},
		{event.BadResponse, 0, 2 * time.Second, hanging, true},
		{event.Mapping, 0, 2 * time.Second, 0, false},
	} {
		o := &queue.Outcome{Class: tt.class, Attempt: &event.Attempt{Class: tt.class, Status: tt.status}}
		if r, ok := rankOf(o, tt.took); r != tt.want || ok != tt.ok {
			t.Errorf("%s %d after %s: %d, %t", tt.class, tt.status, tt.took, r, ok)
		}
	}
	if _, ok := rankOf(&queue.Outcome{}, time.Hour); ok {
		t.Error("an attempt that was cut off earns something")
	}
}

// crowd are many lanes of one rank, and how many places they get.
func crowd(p *places, r rank, lanes int) (taken int) {
	for range lanes {
		s := &share{tried: true, last: r, wish: 8}
		taken += p.more(s, 1)
	}
	return taken
}

func TestNoSetOfLanesHoldsAllPlaces(t *testing.T) {
	for _, tt := range []struct {
		size, good          int // places, and how many lanes are prompt
		hang, untried, rest int // what lanes of a rank get, one after the other; a thousand of each ask
	}{
		{256, 500, 128, 64, 64},
		{256, 1, 248, 0, 8}, // one lane could not use more than its concurrency
		{256, 0, 256, 0, 0},
		{8, 10, 4, 2, 2},
		{4, 10, 2, 1, 1},
		{2, 10, 1, 0, 1},
		{1, 10, 1, 0, 0},
	} {
		p := &places{size: tt.size}
		wishes := map[*share]int{}
		for range tt.good {
			wishes[&share{tried: true, last: prompt}] = 8
		}
		p.resize(tt.size, wishes)
		p.lanes = 0 // what is kept for each lane is another matter
		if got := crowd(p, hanging, 1000); got != tt.hang {
			t.Errorf("%d places, %d prompt lanes: those that hang have %d, want %d", tt.size, tt.good, got, tt.hang)
		}
		if got := crowd(p, late, 1000); got != tt.untried {
			t.Errorf("%d places, %d prompt lanes: late ones have %d, want %d", tt.size, tt.good, got, tt.untried)
		}
		if got := crowd(p, prompt, 1000); got != tt.rest {
			t.Errorf("%d places, %d prompt lanes: these have %d, want %d", tt.size, tt.good, got, tt.rest)
		}
	}
}

func TestALaneThatRisesIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &places{}
		bad, good := &share{tried: true, last: hanging}, &share{tried: true, last: prompt}
		p.resize(4, map[*share]int{bad: 8, good: 8})
		p.lanes = 0
		if n := p.more(bad, 4); n != 2 {
			t.Fatalf("%d places", n)
		}
		waits := make(chan error, 1)
		go func() { waits <- p.take(t.Context(), bad) }()
		synctest.Wait()
		if err := p.take(t.Context(), good); err != nil { // it passes
			t.Fatal(err)
		}
		p.judge(bad, late)
		synctest.Wait()
		if len(waits) != 0 && bad.held != 3 {
			t.Errorf("a late lane holds %d of 4", bad.held)
		}
		p.judge(bad, prompt)
		if err := <-waits; err != nil || bad.held != 3 {
			t.Errorf("it holds %d: %v", bad.held, err)
		}
		p.give(bad, 3)
		p.give(good, 1)
		if p.used != 0 || p.holders != 0 || p.held != [ranks]int{} {
			t.Errorf("left: %d used, %v", p.used, p.held)
		}
	})
}

// Five hundred receivers that hang, or five that begin to, and could fill all
// places many times over, don't make one that answers wait, not for a moment.
func TestManyHangingLanesDelayNobodyElse(t *testing.T) {
	for turning, lanes := range map[bool]int{false: 500, true: 5} {
		synctest.Test(t, func(t *testing.T) {
			var ill atomic.Bool
			ill.Store(!turning)
			hooks := []*Webhook{hook(t, "good", "http://good/")}
			var bad []string
			for i := range lanes {
				name := fmt.Sprintf("bad%d", i)
				bad = append(bad, name)
				h := hook(t, name, "http://"+name+"/")
				h.Timeout, h.Concurrency = 15*time.Second, 100
				hooks = append(hooks, h)
			}
			p := plan(hooks...)
			p.Egress.MaxInFlight = 32
			w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) {
				if r.Host != "good" && ill.Load() {
					<-r.Context().Done()
				}
			}).run(p)
			w.post("good")
			w.wait(time.Second)
			if turning {
				w.pile(1, bad...)
				w.wait(time.Second)
				ill.Store(true)
			}
			for i := range 600 {
				w.pile(500/lanes, bad[i%lanes])
				begin := time.Since(w.begin)
				w.pile(1, "good")
				synctest.Wait()
				if times := w.receiver.at("good"); times[len(times)-1] != begin {
					t.Fatalf("turning %t: the %d-th event of good was posted at %s, its last request came at %s", turning, i, begin, times[len(times)-1])
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
}

func TestTakingAPlaceCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &places{size: 1}
		holder := &share{}
		if p.more(holder, 1) != 1 {
			t.Fatal("no place")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.take(ctx, &share{}); err == nil || p.waiting.Len() != 0 || p.used != 1 {
			t.Errorf("%v: %d wait, %d used", err, p.waiting.Len(), p.used)
		}
	})
}
