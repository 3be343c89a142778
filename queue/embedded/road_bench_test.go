package embedded

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/posternhq/postern/queue"
)

// BenchmarkRoad is the line's share of an event: 64 callers at once have one accepted
// each, take one and settle it.
func BenchmarkRoad(b *testing.B) {
	l := openBench(b)
	data := roadData()
	var n atomic.Int64
	run := fmt.Sprint(rand.Uint64())
	before := processor(b)
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			e := entryOf(fmt.Sprint(run, i), "crm")
			e.MadeUp, e.Event.Data = true, data[i%int64(len(data))]
			if _, err := l.Accept(b.Context(), []queue.Entry{e}); err != nil {
				b.Error(err)
			}
			for _, s := range take(b, l, "crm", 1) {
				if err := s.Settle(b.Context(), well); err != nil {
					b.Error(err)
				}
			}
		}
	})
	b.ReportMetric(float64(processor(b)-before)/float64(b.N), "cpu-ns/op")
}

// roadData are events of about 1 KB that shrink as those of people do.
func roadData() [][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	all := make([][]byte, 1000)
	for i := range all {
		d := []byte(`{"items":[`)
		for len(d) < 1000 {
			d = fmt.Appendf(d, `{"sku":"%x","amount":%d,"currency":"EUR"},`, rng.Uint64(), rng.IntN(10_000))
		}
		all[i] = append(d[:len(d)-1], "]}"...)
	}
	return all
}
