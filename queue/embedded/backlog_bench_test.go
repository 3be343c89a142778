package embedded

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/posternhq/postern/queue"
)

// BenchmarkAcceptBesideABacklog tells what the processor does for one event of one
// lane while so many deliveries wait in another one.
func BenchmarkAcceptBesideABacklog(b *testing.B) {
	for _, waiting := range []int{0, 100_000, 300_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			l := openBench(b)
			fill(b, l, "held", waiting, 1000)
			calm := time.NewTicker(50 * time.Millisecond)
			defer calm.Stop()
			for l.store.db.Metrics().Compact.NumInProgress > 0 { // which is the filling's doing
				<-calm.C
			}
			before, n := processor(b), 0
			b.ResetTimer()
			for b.Loop() {
				n++
				if _, err := l.Accept(b.Context(), []queue.Entry{benchEntry(int64(n))}); err != nil {
					b.Fatal(err)
				}
				drain(b, l, "crm", 1, well)
			}
			b.ReportMetric(float64(processor(b)-before)/float64(n), "cpu-ns/op")
		})
	}
}

// processor is the time that the process has had of it, in nanoseconds.
func processor(t testing.TB) int64 {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
