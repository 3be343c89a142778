package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/metrics"
	"github.com/posternhq/postern/queue/queuetest"
)

// A receiver that takes signatures of the last five minutes alone takes a retry
// of the next day: each attempt is signed when it is made, over the same bytes.
func TestARetryHoursLaterIsSignedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts atomic.Int32
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			if attempts.Add(1) < 4 {
				rw.WriteHeader(http.StatusBadGateway)
			}
		})
		h := hook(t, "crm", "http://crm/")
		h.Retry.Schedule = []time.Duration{time.Hour, 10 * time.Hour, 20 * time.Hour}
		h.Sign = Signing{Keys: []Key{mustKey(t, testSecret)}}
		w.run(plan(h))
		id := w.post("crm")[0]
		w.wait(32 * time.Hour)
		w.want(id, event.Delivered, event.OK, 4)
		got := w.receiver.requests()
		for _, g := range got {
			q := httptest.NewRequest(g.Method, "http://crm"+g.Target, nil)
			q.Header = g.Header
			if err := h.Sign.Verify(MessageOf(q, []byte(g.Body)), w.begin.Add(g.At), 5*time.Minute); err != nil {
				t.Errorf("after %s: %v", g.At, err)
			}
			if g.Body != got[0].Body || g.Header.Get("Webhook-Id") != got[0].Header.Get("Webhook-Id") {
				t.Errorf("after %s other bytes are sent", g.At)
			}
		}
		if diff := cmp.Diff(seconds(0, 3600, 11*3600, 31*3600), w.receiver.at("")); diff != "" {
			t.Error(diff)
		}
	})
}

// Even a line whose clock jumps a day, by which every retry is due at once, sends
// no more than the webhook takes.
func TestWhatAJumpMakesDueGoesOutAtTheLanesPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var jump atomic.Int64
		var well atomic.Bool
		line := queuetest.NewMemory(queuetest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(jump.Load())) }})
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			slow(20*time.Millisecond)(rw, r)
			if !well.Load() {
				rw.WriteHeader(http.StatusNotFound)
			}
		}, func(o *Options) { o.Line = line })
		w.line = line
		h := hook(t, "crm", "http://crm/")
		h.Retry.Schedule, h.RateLimit, h.Concurrency = []time.Duration{12 * time.Hour}, 50, 4
		w.run(plan(h))
		const all = 1000
		w.pile(all, "crm")
		w.wait(time.Minute)
		well.Store(true)
		jump.Store(int64(24 * time.Hour))
		before := len(w.receiver.at(""))
		w.wait(longestNap) // then the line is asked again
		w.wait(all/50*time.Second + time.Second)
		perSecond := map[time.Duration]int{}
		for _, at := range w.receiver.at("")[before:] {
			perSecond[at.Truncate(time.Second)]++
		}
		for second, n := range perSecond {
			if n > 51 {
				t.Errorf("%d requests in second %s", n, second)
			}
		}
		if n, peak := len(w.receiver.at(""))-before, w.receiver.peak(""); n != all || peak > 4 {
			t.Errorf("%d of %d went out, %d at once", n, all, peak)
		}
	})
}

// A date in Retry-After is read by our clock. If that is wrong, the wait is too
// short by as much, or too long: at most max_retry_after.
func TestADateToRetryAfterByAWrongClock(t *testing.T) {
	for name, tt := range map[string]struct {
		theirs time.Duration // clock, ahead of ours
		next   time.Duration
	}{
		"both right":                 {0, 10 * time.Minute},
		"ours is a minute behind":    {time.Minute, 11 * time.Minute},
		"ours is eight hours behind": {8 * time.Hour, time.Hour},
		"ours shows 1970":            {56 * 365 * 24 * time.Hour, time.Hour},
		"ours is a minute ahead":     {-time.Minute, 9 * time.Minute},
		"ours is eight hours ahead":  {-8 * time.Hour, 5 * time.Second},
		"theirs shows 1900":          {-100 * 365 * 24 * time.Hour, 5 * time.Second},
		"theirs shows 2200":          {200 * 365 * 24 * time.Hour, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var attempts atomic.Int32
				w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
					if attempts.Add(1) == 1 {
						rw.Header().Set("Retry-After", time.Now().Add(tt.theirs+10*time.Minute).UTC().Format(http.TimeFormat))
						rw.WriteHeader(http.StatusTooManyRequests)
					}
				}).run(plan(hook(t, "crm", "http://crm/")))
				id := w.post("crm")[0]
				w.wait(2 * time.Hour)
				w.want(id, event.Delivered, event.OK, 2)
				if diff := cmp.Diff([]time.Duration{0, tt.next}, w.receiver.at("")); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// With a wrong clock a good certificate is not valid. Nothing is sent, the sentence
// says which time it was judged by, and all goes out once the clock is right.
func TestACertificateJudgedByAWrongClock(t *testing.T) {
	for name, tt := range map[string]struct {
		from, to time.Duration // it is valid, from when the delivery begins
		class    event.Class   // nine hours later
		attempts int
		says     string
	}{
		"eight hours behind": {8 * time.Hour, 90 * 24 * time.Hour, event.OK, 2, ""},
		"a year behind":      {365 * 24 * time.Hour, 700 * 24 * time.Hour, event.TLS, 2, "is before"},
		"eight hours ahead":  {-90 * 24 * time.Hour, -8 * time.Hour, event.TLS, 2, "is after"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := pipes(t, nil)
				begin := time.Now()
				n.act = secured(func(c *tls.Config) {
					c.Certificates = []tls.Certificate{n.ca.issue(func(c *x509.Certificate) { c.NotBefore, c.NotAfter = begin.Add(tt.from), begin.Add(tt.to) })}
				}, asked, tell("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
				w := newWorld(t, nil)
				w.lanes.dial = n.dial
				h := hook(t, "crm", "https://127.0.0.1:7/")
				h.Retry.Schedule = []time.Duration{9 * time.Hour, 365 * 24 * time.Hour}
				p := plan(h)
				p.Egress.CA = n.ca.pem
				p.MaxAge = 10 * 365 * 24 * time.Hour
				w.run(p)
				id := w.post("crm")[0]
				w.wait(time.Second)
				first := w.want(id, event.Pending, event.TLS, 1).Attempts[0]
				if !strings.Contains(first.Error, "certificate") || !strings.Contains(first.Error, begin.UTC().Format("2006-01-02T15:04:05Z")) {
					t.Errorf("says %q", first.Error)
				}
				w.wait(9 * time.Hour)
				d := w.delivery(id)
				last := d.Attempts[len(d.Attempts)-1]
				if d.Class != tt.class || len(d.Attempts) != tt.attempts || !strings.Contains(last.Error, tt.says) {
					t.Errorf("%s after %d attempts: %q", d.Class, len(d.Attempts), last.Error)
				}
				if requests := len(n.requests()); requests != count(tt.class == event.OK) {
					t.Errorf("%d requests", requests)
				}
			})
		})
	}
}

// A clock that was set back between acceptance and arrival makes no negative lag,
// by which a sum would go down.
func TestALagIsNeverNegative(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New("test")
		w := newWorld(t, slow(time.Second), func(o *Options) { o.Metrics = m }).run(plan(hook(t, "crm", "http://crm/")))
		e := *someEvent()
		e.Accepted = time.Now().Add(time.Hour).UTC()
		w.put(e, "crm")
		w.wait(time.Minute)
		exposed := httptest.NewRecorder()
		m.Handler().ServeHTTP(exposed, httptest.NewRequest("GET", "/metrics", nil))
		if want := `postern_delivery_lag_seconds_sum{webhook="crm"} 0` + "\n"; !strings.Contains(exposed.Body.String(), want) {
			t.Errorf("not exposed: %s", want)
		}
	})
}
