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
	"github.com/posternhq/postern/queue/queuetest"
)

// BenchmarkIsolation tells the 99th percentile of one webhook's latency, from
// acceptance to arrival, alone and beside receivers that take a request and say
// nothing, and how many times that alone it is.
//
//	go test -run '^$' -bench Isolation -benchtime 5000x ./outbound
func BenchmarkIsolation(b *testing.B) {
	alone := p99(b, 0)
	b.ReportMetric(float64(alone.Microseconds()), "µs-alone")
	for _, dead := range []int{5, 500} {
		beside := p99(b, dead)
		b.ReportMetric(float64(beside.Microseconds()), fmt.Sprintf("µs-beside-%d", dead))
		b.ReportMetric(float64(beside)/float64(alone), fmt.Sprintf("×-beside-%d", dead))
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
	line := queuetest.NewMemory(queuetest.Options{})
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
