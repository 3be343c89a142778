package embedded

import (
	"fmt"
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
