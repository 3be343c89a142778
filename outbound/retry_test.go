package outbound

import (
	"net/http"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

func TestWaitFollowsTheSchedule(t *testing.T) {
	r := Retry{Schedule: []time.Duration{5 * time.Second, time.Minute}}
	for _, tt := range []struct {
		charged int
		jitter  float64
		want    time.Duration
		ok      bool
	}{
		{1, 0, 5 * time.Second, true},
		{1, 0.5, 5250 * time.Millisecond, true},
		{2, 0.999, 65994 * time.Millisecond, true},
		{3, 0, 0, false},
		{0, 0, 0, false},
	} {
		if got, ok := r.wait(tt.charged, tt.jitter); got != tt.want || ok != tt.ok {
			t.Errorf("%+v: got %s %v", tt, got, ok)
		}
	}
	if _, ok := new(Retry).wait(1, 0); ok {
		t.Error("an empty schedule retries")
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 6, 17, 10, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, " 7 ": 7 * time.Second, "0": 0, "3600": time.Hour, "3601": time.Hour, "99999999999999999999999": time.Hour, "9223372036854775807": time.Hour,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second, now.Add(48 * time.Hour).Format(http.TimeFormat): time.Hour, now.Add(-time.Hour).Format(http.TimeFormat): 0,
		now.Add(90 * time.Second).Format("Monday, 02-Jan-06 15:04:05 GMT"): 90 * time.Second, now.Add(90 * time.Second).Format(time.ANSIC): 90 * time.Second,
		"Wed, 17 Jun 2026 10:01:30 +0000": 0, "Wed, 99 Jun 2026 10:01:30 GMT": 0, "120, 60": 0, "+120": 0, "120s": 0,
		"": 0, "soon": 0, "-5": 0, "1.5": 0, "1e3": 0, "0x10": 0, "١٢": 0, "12 seconds": 0,
	} {
		if got := retryAfter(value, now, time.Hour); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
	if got := retryAfter("10", now, 0); got != 0 {
		t.Errorf("with no longest wait: got %s", got)
	}
}

func TestJudge(t *testing.T) {
	permanent := []int{400, 422, 302, 200, 410}
	for status, want := range map[int]struct {
		class event.Class
		v     verdict
	}{
		200: {event.OK, delivered}, 201: {event.OK, delivered}, 204: {event.OK, delivered}, 299: {event.OK, delivered},
		410: {event.Gone, gone},
		301: {event.Redirect, again}, 302: {event.Redirect, lost}, 304: {event.Redirect, again}, 399: {event.Redirect, again},
		400: {event.Status, lost}, 422: {event.Status, lost}, 401: {event.Status, again}, 404: {event.Status, again}, 429: {event.Status, again},
		500: {event.Status, again}, 503: {event.Status, again}, 999: {event.Status, again}, 101: {event.Status, again},
	} {
		w := &Webhook{Retry: Retry{Permanent: permanent}}
		if class, v, why := judge(w, Reply{Status: status}); class != want.class || v != want.v || why != "" {
			t.Errorf("%d: got %s %d %s", status, class, v, why)
		}
	}
}

func TestStatusTextRepeatsNoQuery(t *testing.T) {
	for _, tt := range []struct {
		status         int
		location, want string
	}{
		{500, "", "the receiver answered 500 Internal Server Error"},
		{999, "", "the receiver answered 999"},
		{404, "https://h/", "the receiver answered 404 Not Found"},
		{302, "https://user:pass@h/x?token=1#f", "the receiver answered 302 Found: redirects are not followed; it points to https://h/x"},
		{301, "/relative?x", "the receiver answered 301 Moved Permanently: redirects are not followed"},
		{304, "", "the receiver answered 304 Not Modified: redirects are not followed"},
	} {
		if got := statusText(tt.status, tt.location); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
