package cli_test

import (
	"fmt"
	"io"
	"os"
	"testing"
)

// BenchmarkDeliveriesBesideALog tells what a delivery takes from its acceptance on,
// a hundred at once, with a log that is read and with those that are not. Compare
// the figures of one run.
func BenchmarkDeliveriesBesideALog(b *testing.B) {
	logs := map[string]func(testing.TB) *os.File{"it is read": readLog}
	for name, open := range deafLogs {
		logs[name] = open
	}
	for name, open := range logs {
		b.Run(name, func(b *testing.B) {
			s := newStation(b)
			s.start(open(b), "")
			s.ready()
			n := 0
			for b.Loop() {
				n++
				s.post(fmt.Sprint("e", n), 100)
				s.arrive(n * 100)
			}
			b.ReportMetric(s.metric("postern_log_dropped_total"), "dropped")
		})
	}
}

// readLog is one whose reader keeps up.
func readLog(t testing.TB) *os.File {
	t.Helper()
	r, w := pipe(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, r) // ends with the last writer
	}()
	t.Cleanup(func() {
		w.Close()
		<-done
		r.Close()
	})
	return w
}
