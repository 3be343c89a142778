package expr

import (
	"math"
	"time"
	_ "time/tzdata" // time zones are the same on every machine that has none
)

// layouts are the ways of writing a time that date knows by itself. None has the
// abbreviation of a zone, which says nothing for certain.
var layouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 Z0700",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04",
	"2006-01-02",
	"Mon, 02 Jan 2006 15:04:05 GMT",
	time.RFC1123Z,
	time.RFC822Z,
}

// date reads a time from text, from unix seconds, or from a time, with a layout
// and the zone of times that don't say theirs (UTC) if wanted. It yields UTC.
func date(m *meter, args []any) (any, error) {
	zone := time.UTC
	if len(args) == 3 {
		err := m.spend(zoneSteps)
		if err != nil {
			return nil, err
		}
		if zone, err = location(args[2]); err != nil {
			return nil, err
		}
	}
	switch v := args[0].(type) {
	case time.Time:
		return v.UTC(), nil
	case int:
		return unix(float64(v), time.Unix(int64(v), 0))
	case float64:
		seconds, fraction := math.Modf(v)
		return unix(v, time.Unix(int64(seconds), int64(math.Round(fraction*1e6))*1000))
	case outsize:
		return nil, errOutsize
	case string:
		if len(args) == 1 {
			return readTime(v, zone)
		}
		layout, ok := args[1].(string)
		if !ok {
			return nil, wrong("date", "text as a layout", args[1])
		}
		return parseTime(v, []string{layout}, zone)
	}
	return nil, wrong("date", "text, unix seconds or a time", args[0])
}

// readTime reads a time that is written in one of the usual ways.
func readTime(text string, zone *time.Location) (any, error) {
	if t, ok := leapSecond(text); ok {
		return t, nil
	}
	return parseTime(text, layouts, zone)
}

// leapSecond reads the 61st second of a day's last minute in UTC, which RFC 3339
// has and package time hasn't, as unix time does: as the next one.
func leapSecond(text string) (t time.Time, ok bool) {
	const at = len("2006-01-02T15:04:")
	if len(text) < at+2 || text[at:at+2] != "60" {
		return t, false
	}
	before, err := time.Parse(time.RFC3339, text[:at]+"59"+text[at+2:])
	t = before.Add(time.Second).UTC()
	return t, err == nil && before.UTC().Format(time.TimeOnly) == "23:59:59"
}

func parseTime(text string, layouts []string, zone *time.Location) (any, error) {
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UTC(), nil
		}
	}
	return nil, fault("the text is not a time that date can read")
}

// unix refuses what no calendar has: most often these are milliseconds.
func unix(seconds float64, t time.Time) (any, error) {
	if math.Abs(seconds) > 253402300799 { // the end of the year 9999
		return nil, fault("these are no unix seconds (divide milliseconds by 1000)")
	}
	return t.UTC(), nil
}

func duration(v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, wrong("duration", `text such as "1h30m"`, v)
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil, fault(`the text is not a duration such as "1h30m"`)
	}
	return d, nil
}

func timezone(m *meter, args []any) (any, error) {
	if err := m.spend(zoneSteps); err != nil {
		return nil, err
	}
	return checked(location(args[0]))
}

// zoneSteps is what it takes to look up a time zone, in steps.
const zoneSteps = 256

// location refuses the machine's own zone.
func location(v any) (*time.Location, error) {
	name, ok := v.(string)
	if !ok {
		return nil, wrong("timezone", "text", v)
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		return nil, fault(`the text is not a time zone such as "Europe/Berlin"`)
	}
	return zone, nil
}
