package outbound

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
)

func TestACrewDoesAllThatItIsGivenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := newCrew()
		var all, under sync.WaitGroup
		for round := range 2 {
			release := make(chan struct{})
			for range 3 * mostIdleHands {
				under.Add(1)
				c.do(ctx, &all, func() {
					under.Done()
					<-release
				})
			}
			under.Wait() // all are under way side by side
			close(release)
			synctest.Wait()
			if n := c.idle.Load(); n != mostIdleHands {
				t.Errorf("round %d: %d wait for more work, want %d", round, n, mostIdleHands)
			}
		}
		cancel()
		all.Wait()
		if n := c.idle.Load(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

func TestAHandThatWaitsTakesTheNextAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := newCrew()
		var all sync.WaitGroup
		c.do(ctx, &all, func() {})
		synctest.Wait()
		c.do(ctx, &all, func() {})
		synctest.Wait()
		if n := c.idle.Load(); n != 1 {
			t.Errorf("%d wait, want the one that did both", n)
		}
		cancel()
		all.Wait()
		late := false
		c.do(ctx, &all, func() { late = true })
		all.Wait()
		if !late {
			t.Error("what was leased before the end was not done")
		}
	})
}
