package cli

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	collectAt   = 200      // percent of garbage over what lives, at which it is collected
	leastMemory = 36 << 20 // bytes that the Go part of the agent may take before it collects more often
	tendEvery   = time.Second
)

// tendMemory sets how much garbage is let lie, until ctx ends: twice as much as
// lives, so that little time goes into collecting it, but in a small agent no more
// than fills leastMemory, and in a large one about half as much as lives. With it the
// process stays below 64 MiB, whatever waits. Whoever sets GOGC or GOMEMLIMIT knows
// better.
func tendMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	percent, limit := debug.SetGCPercent(collectAt), debug.SetMemoryLimit(leastMemory)
	defer func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}()
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for set := int64(leastMemory); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if want := memoryFor(liveBytes()); want != set {
			set = want
			debug.SetMemoryLimit(set)
		}
	}
}

// memoryFor is how much may be taken while so much lives. A limit near what lives
// would have the collector run without a pause. It moves in steps, for to set it
// stops the program for a moment.
func memoryFor(live uint64) int64 {
	const step = 4 << 20
	want := int64(live)*3/2 + leastMemory/4
	return max(leastMemory, (want+step-1)/step*step)
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
