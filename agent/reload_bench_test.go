package agent_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// thousand is a configuration of 1,000 webhooks, one of which gets order.paid.
func thousand(turn int) string {
	var b strings.Builder
	b.WriteString(`
event "contact.subscribed" {
  sample = { contact = { id = 1, email = "ada@example.com" } }
}
event "order.paid" {
  sample = { order = { id = 7, total = 19.90 } }
}
mapping "contact" {
  fields = { email = expr("contact.email"), source = "webhook" }
}
webhook "orders" {
  url    = "$URL/orders"
  events = ["order.paid"]
}
`)
	for i := range 999 {
		fmt.Fprintf(&b, `
webhook "w%d" {
  description = "turn %d"
  url         = "$URL/w%d?contact=${expr("contact.id")}"
  events      = ["contact.subscribed"]
  filter      = expr("contact.id > %d")
  secret      = env("POSTERN_BENCH_SECRET")
  payload     = merge(mapping.contact, { id = expr("contact.id + %d"), n = %d })
  headers     = { "X-N" = "n %d" }
}
`, i, turn, i, i, i, i, i)
	}
	return b.String()
}

// newThousand is a running agent with 1,000 webhooks, whose receiver is heard out.
func newThousand(b *testing.B) *world {
	b.Setenv("POSTERN_BENCH_SECRET", "whsec_YmVuY2htYXJrIGJlbmNobWFyayBiZW5jaG1hcms=")
	w := newWorld(b, nil)
	go func() {
		for range w.hook.got { // until the receiver closes
		}
	}()
	b.Cleanup(func() { close(w.hook.got) }) // the agent has ended by then
	w.write("hooks.hcl", thousand(0))
	w.start()
	return w
}

func (w *world) reloaded(turn int) {
	w.write("hooks.hcl", thousand(turn))
	if status, text := w.ask("POST", "/-/reload", "", nil); status != http.StatusOK {
		w.t.Fatalf("%d %s", status, text)
	}
}

func BenchmarkReload1000Webhooks(b *testing.B) {
	w := newThousand(b)
	turn := 0
	for b.Loop() {
		turn++
		w.reloaded(turn)
	}
	w.halt()
}

// BenchmarkAcceptBesideReloads posts b.N events alone, and as many beside reloads of
// 1,000 webhooks: one a second, and one after the other. Compare the ratios; give it
// -benchtime 1000x or so.
func BenchmarkAcceptBesideReloads(b *testing.B) {
	w := newThousand(b)
	turn := 0
	reloading := func(pause time.Duration) func() {
		stop := make(chan struct{})
		var done sync.WaitGroup
		done.Go(func() {
			for {
				turn++
				w.reloaded(turn)
				select {
				case <-stop:
					return
				case <-time.After(pause):
				}
			}
		})
		return func() { close(stop); done.Wait() }
	}
	b.ResetTimer()
	alone := w.latencies(b.N)
	stop := reloading(time.Second)
	some := w.latencies(b.N)
	stop()
	stop = reloading(0)
	many := w.latencies(b.N)
	stop()
	b.StopTimer()
	w.halt()

	for name, part := range map[string][]time.Duration{"alone": alone, "each-second": some, "without-pause": many} {
		for _, p := range []int{50, 99} {
			at := percentile(part, p)
			b.ReportMetric(float64(at.Microseconds()), fmt.Sprintf("µs-p%d-%s", p, name))
			if name != "alone" {
				b.ReportMetric(float64(at)/float64(percentile(alone, p)), fmt.Sprintf("ratio-p%d-%s", p, name))
			}
		}
	}
}

// latencies posts n events at a steady pace and tells how long each took from the
// moment when it was due, so that a stall counts for all that it held up.
func (w *world) latencies(n int) []time.Duration {
	const pace = 10 * time.Millisecond
	took := make([]time.Duration, n)
	var posting sync.WaitGroup
	due := make(chan int, n)
	begin := time.Now()
	for range 4 {
		posting.Go(func() {
			for i := range due {
				if status := w.post(`{"type": "order.paid", "data": {"order": {"id": 7, "total": 19.90}}}`); status != http.StatusAccepted {
					w.t.Errorf("event %d: %d", i, status)
				}
				took[i] = time.Since(begin.Add(time.Duration(i) * pace))
			}
		})
	}
	for i := range n {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * pace)))
		due <- i
	}
	close(due)
	posting.Wait()
	return took
}

func percentile(all []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)*p/100]
}
