package outbound

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/metrics"
)

// A faulty way breaks for requests to one host.
type faulty struct{ http.RoundTripper }

func (f faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "crm" {
		panic("a mistake of our own")
	}
	return f.RoundTripper.RoundTrip(r)
}

func TestAPanicIsAFailedAttemptAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, lines := observer.New(zap.ErrorLevel)
		m := metrics.New("test")
		w := newWorld(t, status(200), func(o *Options) { o.Log, o.Metrics = zap.New(core), m })
		crm, erp, broken := hook(t, "crm", "http://crm/"), hook(t, "erp", "http://erp/"), hook(t, "broken", "http://broken/")
		crm.Retry.Schedule = []time.Duration{time.Second}
		broken.URL = nil // as no configuration makes it
		p := plan(crm, erp, broken)
		d, err := w.lanes.Draft(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, way := range d.clients.ways {
			way.http = faulty{way.http}
		}
		w.lanes.Swap(d)
		w.run(nil)
		ids := w.post("crm", "erp", "broken")
		w.wait(time.Minute)
		w.want(ids[0], event.Failed, event.BadResponse, 2) // it may have been sent, so it is tried again
		w.want(ids[1], event.Delivered, event.OK, 1)
		a := w.want(ids[2], event.Failed, event.Mapping, 1).Attempts[0]
		if a.Error != "Postern made a mistake of its own: its log has more" {
			t.Errorf("it says %q", a.Error)
		}
		if lines.Len() != 3 || !strings.Contains(lines.All()[0].ContextMap()["stack"].(string), "panic_test.go") && !strings.Contains(lines.All()[1].ContextMap()["stack"].(string), "panic_test.go") {
			t.Errorf("%d lines in the log", lines.Len())
		}
		scrape := httptest.NewRecorder()
		m.Handler().ServeHTTP(scrape, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		for _, want := range []string{
			`postern_attempts_total{class="bad_response",webhook="crm"} 2`,
			`postern_attempts_total{class="mapping",webhook="broken"} 1`,
			`postern_deliveries_total{outcome="failed",webhook="crm"} 1`,
		} {
			if !strings.Contains(scrape.Body.String(), want) {
				t.Errorf("not counted: %s", want)
			}
		}
		if w.lanes.places.used != 0 {
			t.Errorf("%d places are used", w.lanes.places.used)
		}
	})
}
