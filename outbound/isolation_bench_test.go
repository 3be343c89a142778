package outbound

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/embedded"
)

// BenchmarkIsolation tells the 99th percentile of one webhook's latency, from
// acceptance to arrival, alone and beside receivers that take a request and say
// nothing, and how many times that alone it is: the median of five rounds, in
// which the three take turns.
//
//	go test -run '^$' -bench Isolation -benchtime 1000x ./outbound
func BenchmarkIsolation(b *testing.B) {
	took := map[int][]time.Duration{}
	for range 5 {
		for _, dead := range []int{0, 5, 500} {
			took[dead] = append(took[dead], p99(b, dead))
		}
	}
	median := func(dead int) float64 {
		slices.Sort(took[dead])
		return float64(took[dead][len(took[dead])/2].Microseconds())
	}
	b.ReportMetric(median(0), "µs-alone")
	for _, dead := range []int{5, 500} {
		b.ReportMetric(median(dead), fmt.Sprintf("µs-beside-%d", dead))
		b.ReportMetric(median(dead)/median(0), fmt.Sprintf("×-beside-%d", dead))
	}
	b.ReportMetric(0, "ns/op")
}

// p99 measures b.N deliveries of a webhook, one after the other. The dead ones
// have a backlog, and get every twentieth event.
func p99(b *testing.B, dead int) time.Duration {
	b.Helper()
	arrived := make(chan time.Time, 1)
	good := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- time.Now()
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer good.Close()
	tarpit := rawServer(b, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })

	hooks := []*Webhook{benchHook(b, "good", good.URL+"/")}
	var names []string
	for i := range dead {
		name := fmt.Sprint("dead", i)
		names = append(names, name)
		hooks = append(hooks, benchHook(b, name, "http://"+tarpit+"/"+name))
	}
	p := plan(hooks...)
	p.Egress.MaxInFlight = 256
	line, err := embedded.Open(b.TempDir(), embedded.Options{Log: zap.NewNop()})
	if err != nil {
		b.Fatal(err)
	}
	defer line.Close()
	l := New(Options{Line: line, Log: zap.NewNop()})
	d, err := l.Draft(p)
	if err != nil {
		b.Fatal(err)
	}
	l.Swap(d)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx, func() time.Duration { return 0 }) }()
	defer func() { stop(); <-ended }()

	sent := 0
	post := func(hooks ...string) {
		sent++
		e := *someEvent()
		e.ID, e.Accepted = fmt.Sprint("evt_", sent), time.Now()
		entry := queue.Entry{Event: e}
		for _, h := range hooks {
			entry.Owed = append(entry.Owed, queue.Owed{Lane: h, State: event.Pending})
		}
		if _, err := line.Accept(ctx, []queue.Entry{entry}); err != nil {
			b.Fatal(err)
		}
		l.Wake(hooks...)
	}
	for range 20 {
		post("good")
		<-arrived
		post(names...)
	}
	took := make([]time.Duration, b.N)
	for i := range took {
		if i%20 == 0 {
			post(names...)
		}
		begin := time.Now()
		post("good")
		took[i] = (<-arrived).Sub(begin)
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

func benchHook(b *testing.B, name, url string) *Webhook {
	h := hook(b, name, url)
	h.Timeout = 15 * time.Second
	h.Circuit = Circuit{Failures: 10, ProbeAfter: 5 * time.Second, MaxWait: 5 * time.Minute}
	return h
}
