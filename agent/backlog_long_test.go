//go:build backlog

package agent_test

import (
	"cmp"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/embedded"
)

var backlog = flag.Int("waiting", 1_000_000, "how many deliveries wait")

// TestTheProgramWithABacklog is run by `make backlog`: the program itself, with so
// many deliveries that wait for a webhook which is not active, beside another one
// that has none.
func TestTheProgramWithABacklog(t *testing.T) {
	binary := built(t)
	without, with := newDepot(t), newDepot(t)
	with.fill(*backlog)
	without.open(binary)
	with.open(binary)
	var ratios struct{ accepted, delivered []float64 }
	for range 9 {
		one, other := without.round(), with.round()
		ratios.accepted = append(ratios.accepted, other.accepted/one.accepted)
		ratios.delivered = append(ratios.delivered, other.delivered/one.delivered)
		t.Logf("without: %v   with: %v", one, other)
	}
	t.Logf("medians of with/without: accepted %.2f, delivered %.2f", median(ratios.accepted), median(ratios.delivered))
	t.Logf("without: %v", without.memory())
	t.Logf("with:    %v", with.memory())
	with.atMost(without, "while it waits")
	with.pages()
	t.Logf("after the pages: %v", with.memory())

	with.release()
	with.atMost(without, "while it goes out")
	with.life.Stop()
	without.life.Stop()
}

// A depot is a program with a lane that is held, a lane that is not, and a receiver.
type depot struct {
	*world
	life   *life
	client *http.Client
	rounds int

	others atomic.Int64 // events that arrived for the lane that is not held
	held   atomic.Int64 // and for the one that was
	under  atomic.Int64
	most   atomic.Int64
}

const depotFiles = `
agent { data_dir = "%s/data" }
queue "embedded" { max_bytes = "1TiB" }
listen "http" { address = "127.0.0.1:0" }
console { address = "127.0.0.1:0" }
egress {
  allow      = ["127.0.0.1"]
  allow_http = ["127.0.0.1"]
}
webhook "held" {
  url    = "%[2]s/held"
  events = ["held"]
  active = %[3]v
}
webhook "other" {
  url    = "%[2]s/other"
  events = ["other"]
}
`

func newDepot(t *testing.T) *depot {
	t.Helper()
	d := &depot{world: &world{t: t, dir: t.TempDir(), conf: t.TempDir()}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
	d.hook = &receiver{Server: httptest.NewServer(http.HandlerFunc(d.receive))}
	t.Cleanup(d.hook.Close)
	t.Cleanup(d.client.CloseIdleConnections)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	d.write("postern.hcl", fmt.Sprintf(depotFiles, d.dir, d.hook.URL, false))
	return d
}

func (d *depot) receive(_ http.ResponseWriter, q *http.Request) {
	if q.URL.Path == "/other" {
		d.others.Add(1)
		return
	}
	under := d.under.Add(1)
	defer d.under.Add(-1)
	for most := d.most.Load(); under > most && !d.most.CompareAndSwap(most, under); most = d.most.Load() {
	}
	d.held.Add(1)
}

// fill has n events of about 1 KB wait before the program begins.
func (d *depot) fill(n int) {
	d.t.Helper()
	l, err := embedded.Open(filepath.Join(d.dir, "data"), embedded.Options{MaxBytes: 1 << 40})
	if err != nil {
		d.t.Fatal(err)
	}
	data := []byte(`{"x": "` + strings.Repeat("x", 1000) + `"}`)
	for from := 0; from < n; from += 1000 {
		batch := make([]queue.Entry, 0, 1000)
		for i := from; i < min(from+1000, n); i++ {
			batch = append(batch, queue.Entry{
				Event: event.Event{ID: fmt.Sprint("held-", i), Type: "held", Data: data, Accepted: time.Now().UTC()},
				Owed:  []queue.Owed{{Lane: "held", State: event.Pending}},
			})
		}
		if _, err := l.Accept(d.t.Context(), batch); err != nil {
			d.t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// open starts the program with what it gives itself in a container of 64 MiB: its own
// memory, its text and what the system counts to it beside are within them.
func (d *depot) open(binary string) {
	d.t.Helper()
	start := time.Now()
	d.life = startLife(d.t, d.world, runs(binary, d.world), []string{"GOMEMLIMIT=36MiB", "GOGC=200"})
	d.mustEnter(d.life)
	d.t.Logf("ready in %v, with %d waiting", time.Since(start), d.status().Queue.Waiting())
}

// A pace is how many a second.
type pace struct{ accepted, delivered float64 }

func (p pace) String() string {
	return fmt.Sprintf("%.0f accepted/s, %.0f delivered/s", p.accepted, p.delivered)
}

// round posts events for the lane that is not held, and waits until they arrive.
func (d *depot) round() pace {
	d.t.Helper()
	const posters, each = 8, 150
	before, start := d.others.Load(), time.Now()
	var posting sync.WaitGroup
	d.rounds++
	for p := range posters {
		posting.Go(func() {
			for i := range each {
				body := fmt.Sprintf(`{"id": "r%d-%d-%d", "type": "other", "data": {"x": "%s"}}`, d.rounds, p, i, strings.Repeat("x", 1000))
				resp, err := d.client.Post("http://"+d.where.Events[0]+"/v1/events", "application/json", strings.NewReader(body))
				if err != nil {
					d.t.Error(err)
					return
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusAccepted {
					d.t.Errorf("posted: %s", resp.Status)
				}
			}
		})
	}
	posting.Wait()
	accepted := time.Since(start)
	d.until("all to arrive", func() bool { return d.others.Load() == before+posters*each })
	return pace{posters * each / accepted.Seconds(), posters * each / time.Since(start).Seconds()}
}

// A usage is what of the machine's memory a process has, and had at most.
type usage struct{ now, most int } // KiB

func (u usage) String() string {
	return fmt.Sprintf("%.1f MiB, at most %.1f", float64(u.now)/1024, float64(u.most)/1024)
}

func (d *depot) memory() (u usage) {
	d.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.life.PID()))
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &u.now) // other lines are not meant
		_, _ = fmt.Sscanf(line, "VmHWM: %d kB", &u.most)
	}
	return u
}

// atMost holds the memory of a depot to 64 MiB, and to that of another one, and what
// garbage and the storage's cache may differ by.
func (d *depot) atMost(than *depot, when string) {
	d.t.Helper()
	const more, limit = 16 << 10, 64 << 10
	got, want := d.memory(), than.memory()
	if got.most > min(want.most+more, limit) {
		d.t.Errorf("%s it has %v, without a backlog %v", when, got, want)
	}
}

// pages reads lists as people ask for them.
func (d *depot) pages() {
	d.t.Helper()
	cursor := ""
	for _, query := range []string{"", "?webhook=held", "?webhook=other", "?state=held", "?state=failed", "?state=delivered", "?class=timeout", "?type=nothing", "?since=1h&state=failed", "?webhook=held&limit=500", "?cursor="} {
		if query == "?cursor=" {
			query += cursor
		}
		var page struct {
			Deliveries []struct{ ID string }
			Next       string `json:"next_cursor"`
		}
		start := time.Now()
		status, _ := d.ask("GET", "/api/v1/deliveries"+query, "", &page)
		d.t.Logf("page %-24s %d, %3d deliveries in %v", cmp.Or(query, "of all"), status, len(page.Deliveries), time.Since(start))
		cursor = cmp.Or(page.Next, cursor)
	}
	for _, path := range []string{"/", "/api/v1/status", "/metrics", "/deliveries?state=held"} {
		start := time.Now()
		status, _ := d.ask("GET", path, "", nil)
		d.t.Logf("%-29s %d in %v", path, status, time.Since(start))
	}
}

// release makes the webhook active that the backlog waits for.
func (d *depot) release() {
	d.t.Helper()
	start := time.Now()
	d.write("postern.hcl", fmt.Sprintf(depotFiles, d.dir, d.hook.URL, true))
	for tenth := 1; tenth <= 10; tenth++ {
		d.within(time.Hour, "the backlog to go out", func() bool { return d.held.Load() >= int64(*backlog*tenth/10) })
		d.t.Logf("%d went out in %v, %d at once at most; %v", d.held.Load(), time.Since(start).Round(time.Second), d.most.Load(), d.memory())
	}
	if n := d.most.Load(); n > 8 {
		d.t.Errorf("%d attempts at once", n)
	}
	d.until("all to be settled", func() bool { return d.status().Queue.Waiting() == 0 })
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
