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
	for live, want := range map[uint64]int64{0: 36 << 20, 10 << 20: 36 << 20, 18 << 20: 36 << 20, 18<<20 + 2: 40 << 20, 100 << 20: 160 << 20} {
		if got := memoryFor(live); got != want {
			t.Errorf("%d MiB live: %d, want %d", live>>20, got, want)
		}
		if got := memoryFor(live); got < int64(live)*3/2 {
			t.Errorf("%d MiB live: %d is near it", live>>20, got)
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
		if got := debug.SetMemoryLimit(-1); got != leastMemory {
			t.Errorf("the limit is %d", got)
		}
		large := make([]byte, 64<<20)
		runtime.GC()
		time.Sleep(tendEvery + 1)
		synctest.Wait()
		if got := debug.SetMemoryLimit(-1); got < 96<<20 {
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
