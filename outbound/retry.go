package outbound

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const mostJitter = 0.1 // of a wait, added

// wait is how long to wait after so many charged attempts; ok is false when the
// schedule is used up. jitter is in [0, 1).
func (r *Retry) wait(charged int, jitter float64) (d time.Duration, ok bool) {
	if charged < 1 || charged > len(r.Schedule) {
		return 0, false
	}
	d = r.Schedule[charged-1]
	return d + time.Duration(float64(d)*mostJitter*jitter), true
}

// retryAfter reads a Retry-After header: seconds or an HTTP date. What is
// neither, or past, is 0; what is longer than longest is longest.
func retryAfter(value string, now time.Time, longest time.Duration) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(longest/time.Second) {
			return longest
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), longest)
}

// asksToWait tells whether Retry-After counts for a status.
func asksToWait(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}
