package config

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/time/rate"
)

const day = 24 * time.Hour

// durationWithin parses "1m30s" and its like. Bounds are part of the error.
func durationWithin(name string, least, most time.Duration) func(string) (time.Duration, error) {
	return func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		if err == nil && least <= d && d <= most {
			return d, nil
		}
		return 0, fault{fmt.Sprintf("%s is a duration from %s to %s, such as %q.", name, short(least), short(most), short(example(least, most))), adviseDuration(text)}
	}
}

// adviseDuration is for a text that is none.
func adviseDuration(text string) string {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return `Write it in quotes with its unit, as in "15s".` // the text may be a secret
	}
	if _, err := time.ParseDuration(text); err != nil {
		return `The units are ms, s, m and h: "1m30s"; a day is "24h".`
	}
	return "" // out of range
}

func example(least, most time.Duration) time.Duration {
	if d := 15 * time.Second; least <= d && d <= most {
		return d
	}
	return most
}

// short writes 72h rather than 72h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// sizeWithin parses "1GiB" and "500MB".
func sizeWithin(name string, least, most int64) func(string) (int64, error) {
	return func(text string) (int64, error) {
		if n, err := humanize.ParseBytes(text); err == nil && uint64(least) <= n && n <= uint64(most) {
			return int64(n), nil
		}
		return 0, fault{fmt.Sprintf("%s is a size from %s to %s, such as \"1GiB\".", name, tight(least), tight(most)), ""}
	}
}

func tight(n int64) string { return strings.ReplaceAll(humanize.IBytes(uint64(n)), " ", "") }

const maxRate = 10_000 // attempts a second

// parseRate reads "50/s", "100/m" and "1000/h".
func parseRate(text string) (rate.Limit, error) {
	count, unit, _ := strings.Cut(text, "/")
	per := map[string]float64{"s": 1, "m": 60, "h": 3600}[unit]
	n, err := strconv.Atoi(count)
	if err != nil || per == 0 || n < 1 || float64(n)/per > maxRate {
		return 0, fault{fmt.Sprintf("rate_limit is a whole number of attempts a second, minute or hour, such as \"50/s\", \"100/m\" or \"1000/h\", and at most %d a second.", maxRate), ""}
	}
	return rate.Limit(float64(n) / per), nil
}

// parseMode reads the permissions of a socket, "0660".
func parseMode(text string) (fs.FileMode, error) {
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil || n > 0o777 || len(text) < 3 || len(text) > 4 {
		return 0, fault{`mode is a file mode in octal digits within quotes, such as "0660".`, ""}
	}
	return fs.FileMode(n), nil
}

// parseStatus reads an HTTP status.
func parseStatus(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 100 || n > 599 {
		return 0, fault{"A status is a whole number from 100 to 599.", ""}
	}
	return n, nil
}
