package pulse

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// beat runs a pulse beside f, in a time that passes at once.
func beat(t *testing.T, f func(t *testing.T, p *Pulse)) {
	synctest.Test(t, func(t *testing.T) {
		p := new(Pulse)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { p.Run(ctx) })
		defer running.Wait()
		defer stop()
		f(t, p)
	})
}

// pass lets time pass, and what happens at its end happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestATurnThatDoesNotEndIsStuck(t *testing.T) {
	beat(t, func(t *testing.T, p *Pulse) {
		ended := p.Turn("take", time.Minute)
		pass(time.Minute)
		if err := p.Stuck(); err != nil {
			t.Errorf("within its time: %v", err)
		}
		later := p.Turn("record", time.Minute)
		pass(every)
		if err := p.Stuck(); err == nil || err.Error() != "stuck for 1m5s: take" {
			t.Errorf("too long: %v", err)
		}
		ended()
		if err := p.Stuck(); err != nil {
			t.Errorf("after its end: %v", err)
		}
		pass(time.Minute)
		if err := p.Stuck(); err == nil || err.Error() != "stuck for 1m5s: record" {
			t.Errorf("the other one: %v", err)
		}
		later()
	})
}

func TestIdlenessAndManyTurnsAreNotStuck(t *testing.T) {
	beat(t, func(t *testing.T, p *Pulse) {
		pass(24 * time.Hour)
		for range 100 {
			ended := p.Turn("take", time.Minute)
			pass(50 * time.Second)
			if err := p.Stuck(); err != nil {
				t.Fatal(err)
			}
			ended()
		}
	})
}

// A stopped process does not tick; nor does its turn go on.
func TestAProcessThatWasStoppedIsNotStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(Pulse)
		defer p.Turn("take", time.Minute)()
		time.Sleep(24 * time.Hour)
		if err := p.Stuck(); err != nil {
			t.Error(err)
		}
	})
}

func TestNoPulseWatchesNothing(t *testing.T) {
	var p *Pulse
	p.Turn("take", 0)()
}
