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
		turn := p.Turn("take", time.Minute)
		pass(time.Minute)
		if err := p.Stuck(); err != nil {
			t.Errorf("within its time: %v", err)
		}
		later := p.Turn("record", time.Minute)
		pass(every)
		if err := p.Stuck(); err == nil || err.Error() != "stuck for 1m5s: take" {
			t.Errorf("too long: %v", err)
		}
		turn.End()
		if err := p.Stuck(); err != nil {
			t.Errorf("after its end: %v", err)
		}
		pass(time.Minute)
		if err := p.Stuck(); err == nil || err.Error() != "stuck for 1m5s: record" {
			t.Errorf("the other one: %v", err)
		}
		later.End()
	})
}

func TestIdlenessAndManyTurnsAreNotStuck(t *testing.T) {
	beat(t, func(t *testing.T, p *Pulse) {
		pass(24 * time.Hour)
		for range 100 {
			turn := p.Turn("take", time.Minute)
			pass(50 * time.Second)
			if err := p.Stuck(); err != nil {
				t.Fatal(err)
			}
			turn.End()
		}
	})
}

// A stopped process does not tick; nor does its turn go on.
func TestAProcessThatWasStoppedIsNotStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(Pulse)
		defer p.Turn("take", time.Minute).End()
		time.Sleep(24 * time.Hour)
		if err := p.Stuck(); err != nil {
			t.Error(err)
		}
	})
}

// Turns end in any order, and their places are taken again.
func TestTurnsBesideEachOther(t *testing.T) {
	p := new(Pulse)
	first, second := p.Turn("first", 0), p.Turn("second", 0)
	p.ticks++
	first.End()
	if err := p.Stuck(); err == nil || err.Error() != "stuck for 5s: second" {
		t.Errorf("one of two has ended: %v", err)
	}
	third := p.Turn("third", 0)
	second.End()
	p.ticks += 2
	if err := p.Stuck(); err == nil || err.Error() != "stuck for 10s: third" {
		t.Errorf("the place was taken again: %v", err)
	}
	third.End()
	if err := p.Stuck(); err != nil || len(p.turns) != 2 {
		t.Errorf("all have ended, %d places: %v", len(p.turns), err)
	}
}

func BenchmarkTurn(b *testing.B) {
	p := new(Pulse)
	b.ReportAllocs()
	for b.Loop() {
		p.Turn("take", time.Minute).End()
	}
}

func TestNoPulseWatchesNothing(t *testing.T) {
	var p *Pulse
	p.Turn("take", 0).End()
}
