package outbound

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/embedded"
)

// A thousand webhooks, half of them dead: what they cost is bounded by the
// webhooks and by the places, and does not grow with what waits.
func TestCeilingsOfAThousandWebhooks(t *testing.T) {
	if testing.Short() {
		t.Skip("counts what there is, which -race adds to")
	}
	const half, places = 500, 64
	before := measure(t)

	var open, most atomic.Int64 // connections to dead receivers
	tarpit := rawServer(t, func(c net.Conn) {
		n := open.Add(1)
		defer open.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		_, _ = io.Copy(io.Discard, c)
	})
	good := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer good.Close()

	line, err := embedded.Open(t.TempDir(), embedded.Options{Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	arrived := make(chan struct{}, 100*half)
	l := New(Options{Line: line, Ended: func(r Report) {
		if r.State == event.Delivered {
			arrived <- struct{}{}
		}
	}})
	var hooks []*Webhook
	var well, dead []string
	for i := range half {
		w, d := fmt.Sprint("well", i), fmt.Sprint("dead", i)
		well, dead = append(well, w), append(dead, d)
		hooks = append(hooks, hook(t, w, good.URL+"/"+w), hook(t, d, "http://"+tarpit+"/"+d))
		hooks[len(hooks)-1].Timeout = 10 * time.Minute // longer than the test
	}
	p := plan(hooks...)
	p.Egress.MaxInFlight = places
	draft, err := l.Draft(p)
	if err != nil {
		t.Fatal(err)
	}
	l.Swap(draft)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx, func() time.Duration { return 0 }) }()
	defer func() { stop(); <-ended }()

	sent := 0
	post := func(hooks []string) {
		sent++
		e := *someEvent()
		e.ID, e.Accepted = fmt.Sprint("evt_", sent), time.Now()
		entry := queue.Entry{Event: e}
		for _, h := range hooks {
			entry.Owed = append(entry.Owed, queue.Owed{Lane: h, State: event.Pending})
		}
		if _, err := line.Accept(ctx, []queue.Entry{entry}); err != nil {
			t.Fatal(err)
		}
		l.Wake(hooks...)
	}
	arrive := func(n int) {
		for range n {
			<-arrived
		}
	}
	post(well)
	arrive(half)
	all := append(well, dead...)
	var few cost
	for _, round := range []int{3, 20} {
		for range round {
			post(all)
			arrive(half)
		}
		now := measure(t)
		now.goroutines -= before.goroutines
		now.files -= before.files
		t.Logf("%d events: %+v, at most %d connections to dead receivers", sent, now, most.Load())
		// A goroutine a lane; an attempt's and the server's here; the server's of
		// connections that wait for reuse.
		if most := 2*half + 2*places + mostIdle; now.goroutines > most {
			t.Errorf("%d goroutines after %d events, more than %d", now.goroutines, sent, most)
		}
		if most := 2*(places+mostIdle) + 50; now.files > most {
			t.Errorf("%d files after %d events, more than %d", now.files, sent, most)
		}
		if most.Load() > places {
			t.Errorf("%d connections to dead receivers", most.Load())
		}
		if few == (cost{}) {
			few = now
		} else if now.heap > few.heap+16<<20 {
			t.Errorf("memory grew with what waits: from %d to %d MiB", few.heap>>20, now.heap>>20)
		}
	}
}

type cost struct {
	goroutines, files int
	heap              uint64
}

func measure(t *testing.T) cost {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return cost{runtime.NumGoroutine(), len(files), m.HeapAlloc}
}
