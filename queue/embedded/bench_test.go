package embedded

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

func benchEntry(i int64) queue.Entry {
	e := entryOf(fmt.Sprint("e", i), "crm")
	e.Event.Data = []byte(`{"x":"` + strings.Repeat("x", 1000) + `"}`)
	return e
}

func openBench(b *testing.B) *Line {
	l := mustOpen(b, b.TempDir(), Options{MaxBytes: 8 << 30})
	b.Cleanup(func() { mustClose(b, l) })
	return l
}

func BenchmarkAccept(b *testing.B) {
	l := openBench(b)
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := l.Accept(b.Context(), []queue.Entry{benchEntry(n.Add(1))}); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkBatch accepts batches of 100 events of 1 KB, by the kind of id that they
// have: ids that begin with the time are next to those of the last batch, in memory
// as on disk, and nothing older needs to be looked into for them.
func BenchmarkBatch(b *testing.B) {
	const size = 100
	data := roadData()
	rng := rand.New(rand.NewPCG(1, 2))
	inOrder := func(i int) string { return fmt.Sprintf("%012x-%016x", i/size, rng.Uint64()) }
	for _, c := range []struct {
		name   string
		madeUp bool
		id     func(int) string
	}{
		{"made up", true, inOrder},
		{"in order of time", false, inOrder},
		{"random", false, func(int) string { return fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64()) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			l := openBench(b)
			entries := make([]queue.Entry, size)
			n, before := 0, processor(b)
			b.ReportAllocs()
			for b.Loop() {
				for i := range entries {
					entries[i] = entryOf(c.id(n), "crm")
					entries[i].MadeUp, entries[i].Event.Data = c.madeUp, data[n%len(data)]
					n++
				}
				accept(b, l, entries...)
			}
			b.ReportMetric(float64(processor(b)-before)/float64(n), "cpu-ns/event")
		})
	}
}

func BenchmarkTakeAndSettle(b *testing.B) {
	for _, backlog := range []int{0, 100_000} {
		b.Run(fmt.Sprintf("backlog=%d", backlog), func(b *testing.B) {
			l := openBench(b)
			var n int64
			fill := func(count int) {
				for count > 0 {
					var batch []queue.Entry
					for range min(count, 1000) {
						n++
						batch = append(batch, benchEntry(n))
					}
					accept(b, l, batch...)
					count -= len(batch)
				}
			}
			fill(backlog + b.N)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				leases := take(b, l, "crm", 1)
				err := leases[0].Settle(b.Context(), queue.Outcome{
					State: event.Delivered, Class: event.OK, Attempt: &event.Attempt{Status: 200, Class: event.OK},
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
