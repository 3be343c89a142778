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

// A company is who else there is, beside one healthy webhook.
type company struct {
	name       string
	dead, well int
}

var companies = []company{
	{"alone", 0, 0},
	{"beside-5", 5, 0},
	{"of-1000", 500, 499},
}

// BenchmarkIsolation tells the 99th percentile of one webhook's latency, from
// acceptance to arrival: alone, beside five receivers that take a request and say
// nothing, and as one of a thousand webhooks of which half are such; and how many
// times that alone it is: the median of five rounds, in which the three take turns.
//
//	go test -run '^$' -bench Isolation -benchtime 1000x ./outbound
func BenchmarkIsolation(b *testing.B) {
	took := map[string][]time.Duration{}
	for range 5 {
		for _, c := range companies {
			took[c.name] = append(took[c.name], p99(b, c))
		}
	}
	median := func(c company) float64 {
		slices.Sort(took[c.name])
		return float64(took[c.name][len(took[c.name])/2].Microseconds())
	}
	for i, c := range companies {
		b.ReportMetric(median(c), "µs-"+c.name)
		if i > 0 {
			b.ReportMetric(median(c)/median(companies[0]), "×-"+c.name)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// p99 measures b.N deliveries of a webhook, one after the other. The dead ones
// have a backlog, and get every twentieth event, as does one of the others in turn.
func p99(b *testing.B, c company) time.Duration {
	b.Helper()
	arrived := make(chan time.Time, 1)
	good := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			arrived <- time.Now()
		}
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer good.Close()
	tarpit := rawServer(b, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })

	hooks := []*Webhook{benchHook(b, "good", good.URL+"/")}
	var dead []string
	for i := range c.dead {
		dead = append(dead, fmt.Sprint("dead", i))
		hooks = append(hooks, benchHook(b, dead[i], "http://"+tarpit+"/"+dead[i]))
	}
	for i := range c.well {
		hooks = append(hooks, benchHook(b, fmt.Sprint("well", i), fmt.Sprint(good.URL, "/", i)))
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
		post(dead...)
	}
	took := make([]time.Duration, b.N)
	for i := range took {
		if i%20 == 0 {
			post(dead...)
		}
		if i%20 == 0 && c.well > 0 {
			post(fmt.Sprint("well", i/20%c.well))
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
