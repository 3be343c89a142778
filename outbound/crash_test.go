package outbound

import (
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/underway"
)

// died makes a record in which these deliveries were under way at so many ends
// of the process.
func died(t *testing.T, crashes map[string]int) *underway.Jobs {
	t.Helper()
	path := filepath.Join(t.TempDir(), "attempts")
	for round := range 4 {
		j, err := underway.Open(path, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = j.Close() })
		if round == 3 {
			return j
		}
		for id, n := range crashes {
			if round < n {
				if _, err := j.Begin(id); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return nil
}

func TestAPoisonousDeliveryIsParkedAndTheRestFlows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, status(200))
		w.swap(plan(hook(t, "crm", "http://crm/")))
		var ids []string
		for range 4 {
			ids = append(ids, w.post("crm")...)
		}
		jobs := died(t, map[string]int{ids[0]: 1, ids[1]: 3, ids[2]: 2})
		w.lanes = New(Options{Line: w.line, Underway: jobs, Ended: w.report})
		w.lanes.dial = w.receiver.dial
		w.run(plan(hook(t, "crm", "http://crm/")))
		synctest.Wait()
		w.want(ids[0], event.Delivered, event.OK, 1)
		d := w.want(ids[1], event.Failed, event.Crash, 1)
		if got, want := d.Attempts[0].Error, "Postern ended 3 times while it made an attempt for this delivery: it makes none again before a replay"; got != want {
			t.Errorf("it says %q", got)
		}
		w.want(ids[2], event.Delivered, event.OK, 1)
		w.want(ids[3], event.Delivered, event.OK, 1)

		// A replay is tried again.
		if _, err := w.line.Replay(t.Context(), ids[1]); err != nil {
			t.Fatal(err)
		}
		w.lanes.Wake("crm")
		synctest.Wait()
		w.want(ids[1], event.Delivered, event.OK, 2)
		for _, id := range ids {
			if n := jobs.Crashes(id); n != 0 {
				t.Errorf("%s has %d crashes after it ended", id, n)
			}
		}
	})
}

func TestThoseUnderSuspicionAreTriedOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, other := hook(t, "crm", "http://crm/"), hook(t, "erp", "http://erp/")
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) { slow(700*time.Millisecond)(rw, r) })
		w.swap(plan(h, other))
		crashes := map[string]int{}
		var ids []string
		for range 3 {
			for _, id := range w.post("crm", "erp") {
				ids = append(ids, id)
				crashes[id] = 2
			}
		}
		free := w.post("crm")[0]
		w.lanes = New(Options{Line: w.line, Underway: died(t, crashes), Ended: w.report})
		w.lanes.dial = w.receiver.dial
		w.run(plan(h, other))
		w.wait(time.Second)
		w.want(free, event.Delivered, event.OK, 1)
		w.wait(time.Minute)
		for _, id := range ids {
			w.want(id, event.Delivered, event.OK, 1)
		}
		if n := w.receiver.peak("*"); n > 2 {
			t.Errorf("%d at once: one under suspicion and the one that is not", n)
		}
		var when []time.Duration
		for _, r := range w.receiver.requests() {
			if r.Header.Get("Webhook-Id") != "evt_4" {
				when = append(when, r.At)
			}
		}
		if diff := cmp.Diff(seconds(0, 1, 2, 3, 4, 5), when); diff != "" {
			t.Error(diff)
		}
	})
}

// However attempts end, none is left on record.
func TestNothingStaysOnRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "attempts")
		jobs, err := underway.Open(path, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		ok, fails, hangs := hook(t, "ok", "http://ok/"), hook(t, "fails", "http://fails/"), hook(t, "hangs", "http://hangs/")
		hangs.Timeout = time.Hour
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			switch r.Host {
			case "fails":
				rw.WriteHeader(500)
			case "hangs":
				<-r.Context().Done()
			}
		}, func(o *Options) { o.Underway = jobs }).run(plan(ok, fails, hangs))
		w.pile(20, "ok", "fails", "hangs")
		w.wait(time.Minute)
		w.stop() // which breaks some off
		<-w.done
		if err := jobs.Close(); err != nil {
			t.Fatal(err)
		}
		after, err := underway.Open(path, time.Now())
		if err != nil || after.Found() != 0 {
			t.Errorf("%d attempts are on record: %v", after.Found(), err)
		}
		_ = after.Close()
	})
}
