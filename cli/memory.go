package cli

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	collectAt    = 200      // percent of garbage over what lives, at which it is collected
	ampleMemory  = 48 << 20 // bytes that the Go part of the agent may take before it collects more often
	besideGo     = 28 << 20 // of a container's limit: the program's text, and what the kernel counts to it
	leastGarbage = 4        // one byte of garbage for so many that live is let lie in any case
	tendEvery    = time.Second
)

// tendMemory sets how much garbage is let lie, until ctx ends: twice as much as
// lives, so that little time goes into collecting it, but in a small agent no more
// than fills ampleMemory, and in a large one about as much as lives; and where the
// container has a limit, no more than stays below it. Whoever sets GOGC or
// GOMEMLIMIT knows better.
func tendMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	container, _ := memlimit.FromCgroup() // 0 when there is none, or it can't be read
	set := memoryFor(0, container)
	percent, limit := debug.SetGCPercent(collectAt), debug.SetMemoryLimit(set)
	defer func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}()
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if want := memoryFor(liveBytes(), container); want != set {
			set = want
			debug.SetMemoryLimit(set)
		}
	}
}

// memoryFor is how much may be taken while so much lives, in a container that has
// so much in all; 0: no limit. A limit near what lives would have the collector run
// without a pause, so some garbage may always lie. It moves in steps, for to set it
// stops the program for a moment.
func memoryFor(live, container uint64) int64 {
	const step = 4 << 20
	want := max(ampleMemory, 2*live+ampleMemory/4)
	if container > 0 {
		want = min(want, max(container, besideGo)-besideGo)
	}
	want = max(want, live+live/leastGarbage)
	return int64((want + step - 1) / step * step)
}

// liveBytes is what the last collection found in use.
func liveBytes() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
