package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

func TestCourse(t *testing.T) {
	p := &Plan{MaxAge: time.Hour}
	w := &Webhook{Retry: Retry{Schedule: []time.Duration{time.Minute, 50 * time.Minute}, Permanent: []int{400}}}
	pending := func(wait time.Duration) Course { return Course{Class: event.Status, State: event.Pending, Wait: wait} }
	for name, tt := range map[string]struct {
		status int
		past   Past
		want   Course
	}{
		"a success":            {200, Past{}, Course{Class: event.OK, State: event.Delivered}},
		"one at the last":      {204, Past{Charged: 9, Age: 2 * time.Hour}, Course{Class: event.OK, State: event.Delivered}},
		"a permanent status":   {400, Past{}, Course{Class: event.Status, State: event.Failed}},
		"gone":                 {410, Past{}, Course{Class: event.Gone, State: event.Failed}},
		"the first failure":    {500, Past{}, pending(time.Minute)},
		"the second":           {500, Past{Charged: 1}, pending(50 * time.Minute)},
		"the schedule used up": {500, Past{Charged: 2}, Course{Class: event.Status, State: event.Failed}},
		"jitter":               {500, Past{Jitter: 0.5}, pending(63 * time.Second)},
		"Retry-After":          {503, Past{Hold: 5 * time.Minute}, pending(5 * time.Minute)},
		"a shorter one":        {503, Past{Hold: time.Second}, pending(time.Minute)},
		"its age cuts it off":  {500, Past{Charged: 1, Age: 20 * time.Minute}, pending(40 * time.Minute)},
		"and is past":          {500, Past{Age: 2 * time.Hour}, pending(0)},
	} {
		if got := p.Judge(w, Reply{Status: tt.status}, tt.past); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestExpiredIsNoDeliveryBeforeItsFirstAttempt(t *testing.T) {
	p := &Plan{MaxAge: time.Hour}
	for _, tt := range []struct {
		charged int
		age     time.Duration
		want    bool
	}{{1, time.Hour, true}, {1, time.Hour - 1, false}, {0, 2 * time.Hour, false}} {
		if got := p.Expired(tt.charged, tt.age); got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
	if new(Plan).Expired(5, 1000*time.Hour) {
		t.Error("expired though none is too old")
	}
}
