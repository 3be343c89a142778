package cli

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryGrowsWithWhatLives(t *testing.T) {
	const none = 0
	for _, c := range []struct{ live, container, want uint64 }{ // MiB
		{0, none, 48}, {10, none, 48}, {18, none, 48}, {19, none, 52}, {100, none, 212},
		{0, 64, 36}, {20, 64, 36}, {40, 64, 52}, // it would collect all the time
		{0, 76, 48}, {0, 512, 48}, {100, 512, 212}, {400, 512, 500},
		{0, 28, 0}, {0, 1, 0}, {16, 28, 20},
	} {
		if got := memoryFor(c.live<<20, c.container<<20); got != int64(c.want)<<20 {
			t.Errorf("%d MiB live in %d MiB: %d MiB, want %d", c.live, c.container, got>>20, c.want)
		}
	}
}

func TestMemoryIsTendedUntilTheEnd(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	before := debug.SetMemoryLimit(-1)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			tendMemory(ctx)
			close(done)
		}()
		synctest.Wait()
		if got := debug.SetMemoryLimit(-1); got > ampleMemory {
			t.Errorf("the limit is %d", got)
		}
		large := make([]byte, 64<<20)
		runtime.GC()
		time.Sleep(tendEvery + 1)
		synctest.Wait()
		if got := debug.SetMemoryLimit(-1); got < 64<<20+64<<20/leastGarbage {
			t.Errorf("with 64 MiB in use the limit is %d", got)
		}
		runtime.KeepAlive(large)
		cancel()
		<-done
	})
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("afterwards the limit is %d, before it was %d", got, before)
	}
}

func TestWhoSetsMemoryKnowsBetter(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOGC", "")
			t.Setenv("GOMEMLIMIT", "")
			t.Setenv(name, "off")
			before := debug.SetGCPercent(77)
			defer debug.SetGCPercent(before)
			tendMemory(t.Context()) // returns at once
			if got := debug.SetGCPercent(77); got != 77 {
				t.Errorf("garbage is collected at %d %%", got)
			}
		})
	}
}
