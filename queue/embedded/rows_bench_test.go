package embedded

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// BenchmarkOrder tells what a delivery costs in no order, alone in its order
// ("many"), and where all are in one, and how many times that in no order it is:
// the median of nine rounds, in which the three take turns. Accepts are 64 at
// once; takes and settlements come one by one.
//
//	go test -run '^$' -bench Order -benchtime 2000x ./queue/embedded
func BenchmarkOrder(b *testing.B) {
	kinds := []string{"none", "many", "one"}
	accepts, settles := map[string][]time.Duration{}, map[string][]time.Duration{}
	for range 9 {
		for _, kind := range kinds {
			a, s := orderRound(b, kind)
			accepts[kind], settles[kind] = append(accepts[kind], a), append(settles[kind], s)
		}
	}
	median := func(all []time.Duration) float64 {
		slices.Sort(all)
		return float64(all[len(all)/2].Nanoseconds()) / float64(b.N) / 1000
	}
	for _, kind := range kinds {
		a, s := median(accepts[kind]), median(settles[kind])
		b.ReportMetric(a, "µs-accept-"+kind)
		b.ReportMetric(s, "µs-settle-"+kind)
		if kind != "none" {
			b.ReportMetric(a/median(accepts["none"]), "×-accept-"+kind)
			b.ReportMetric(s/median(settles["none"]), "×-settle-"+kind)
		}
	}
	b.ReportMetric(0, "ns/op")
}

func orderRound(b *testing.B, kind string) (accepts, settles time.Duration) {
	b.Helper()
	l := mustOpen(b, b.TempDir(), Options{MaxBytes: 8 << 30})
	defer mustClose(b, l)
	entries := make(chan queue.Entry, b.N)
	for i := range b.N {
		e := benchEntry(int64(i))
		switch kind {
		case "many":
			e.Owed[0].Order = queue.OrderOf(fmt.Sprint("contact ", i))
		case "one":
			e.Owed[0].Order = queue.OrderOf("contact")
		}
		entries <- e
	}
	close(entries)
	start := time.Now()
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for e := range entries {
				if _, err := l.Accept(b.Context(), []queue.Entry{e}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	accepts = time.Since(start)
	start = time.Now()
	for range b.N {
		o := queue.Outcome{State: event.Delivered, Class: event.OK, Attempt: &event.Attempt{Status: 200, Class: event.OK}}
		if err := take(b, l, "crm", 1)[0].Settle(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
	return accepts, time.Since(start)
}
