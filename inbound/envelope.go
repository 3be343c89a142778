package inbound

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

const (
	maxTypeBytes   = 128
	maxIDBytes     = 128
	maxSourceBytes = 256
	maxTimeBytes   = 64
)

// item makes an item of the members that were just read, and adds a fault for
// each that is not as it should be, as long as faults are wanted.
func (d *decoding) item() (item Item) {
	e := &item.Event
	var typed, filled bool
	for _, m := range d.members {
		if d.faults.full() {
			return item
		}
		value := d.b[m.from:m.to:m.to]
		switch string(m.name) {
		case "type":
			typed = true
			e.Type = d.text("type", reasonType, value, checkType)
		case "data":
			filled = true
			e.Data = value
			if value[0] != '{' {
				d.wrong(reasonData, "data", "data is a JSON object, not "+kind(value))
			}
		case "id":
			e.ID = d.text("id", reasonID, value, checkID)
		case "time":
			e.Time = d.text("time", reasonTime, value, checkTime)
		case "source":
			e.Source = d.text("source", reasonSource, value, checkSource)
		default:
			d.wrong(reasonMember, string(m.name), unknown(string(m.name)))
		}
	}
	if !typed {
		d.wrong(reasonType, "", "type is missing")
	}
	if !filled {
		d.wrong(reasonData, "", "data is missing: it is a JSON object, {} at least")
	}
	return item
}

// text reads a member that is a string and stands the check, which says what is
// wrong.
func (d *decoding) text(name, reason string, value []byte, check func(string) string) string {
	if value[0] != '"' {
		d.wrong(reason, name, fmt.Sprintf("%s is a string, not %s; leave out what has no value", name, kind(value)))
		return ""
	}
	text := string(value[1 : len(value)-1])
	if strings.IndexByte(text, '\\') >= 0 {
		text = string(unescape(nil, value[1:len(value)-1]))
	}
	if wrong := check(text); wrong != "" {
		d.wrong(reason, name, wrong)
	}
	return text
}

func checkType(s string) string {
	switch {
	case s == "" || len(s) > maxTypeBytes:
		return fmt.Sprintf("a type is 1 to %d bytes long, this one %d", maxTypeBytes, len(s))
	case !utf8.ValidString(s):
		return "a type is valid UTF-8"
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return "a type has no control characters"
	case strings.Contains(s, "*"):
		return "a type has no '*': that is for subscriptions"
	case strings.TrimSpace(s) != s:
		return "a type has no spaces around it"
	}
	return ""
}

func checkID(s string) string {
	if s == "" || len(s) > maxIDBytes {
		return fmt.Sprintf("an id is 1 to %d characters long, this one %d bytes", maxIDBytes, len(s))
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return "an id is made of A-Z, a-z, 0-9, '_' and '-' only"
		}
	}
	return ""
}

func checkTime(s string) string {
	if len(s) > maxTimeBytes || !isTime(s) && !isLeapSecond(s) || !strictTime(s) {
		return `a time is written as RFC 3339 has it, such as "2026-05-04T10:00:00Z"`
	}
	return ""
}

func isTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// isLeapSecond tells whether s is the 61st second of a day's last minute in UTC,
// which RFC 3339 has and package time hasn't.
func isLeapSecond(s string) bool {
	const at = len("2006-01-02T15:04:")
	if len(s) < at+2 || s[at:at+2] != "60" {
		return false
	}
	before, err := time.Parse(time.RFC3339, s[:at]+"59"+s[at+2:])
	return err == nil && before.UTC().Format(time.TimeOnly) == "23:59:59"
}

// strictTime refuses what time.Parse takes and RFC 3339 doesn't have: hours of
// one digit, fractions behind a comma, zones beyond a day.
func strictTime(s string) bool {
	if s[len("2006-01-02T15")] != ':' || strings.Contains(s, ",") {
		return false
	}
	zone := s[len(s)-len("07:00"):]
	return strings.HasSuffix(s, "Z") || zone[:2] <= "23" && zone[3:] <= "59"
}

func checkSource(s string) string {
	switch {
	case len(s) > maxSourceBytes:
		return fmt.Sprintf("a source is at most %d bytes long, this one %d", maxSourceBytes, len(s))
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return "a source has no control characters"
	}
	return ""
}

var members = []string{"type", "data", "id", "time", "source"}

// alsoCalled are names that other senders use for our members.
var alsoCalled = map[string]string{
	"payload": "data", "body": "data", "properties": "data", "attributes": "data",
	"event": "type", "event_type": "type", "eventtype": "type", "name": "type", "topic": "type",
	"event_id": "id", "eventid": "id", "message_id": "id", "uuid": "id",
	"timestamp": "time", "created_at": "time", "occurred_at": "time", "date": "time",
}

// unknown says what may be meant by a member that does not exist.
func unknown(name string) string {
	if meant := suggest(name); meant != "" {
		return fmt.Sprintf("unknown member %.40q; did you mean %q?", name, meant)
	}
	return fmt.Sprintf("unknown member %.40q: an event has type, data, id, time and source; what is yours goes into data", name)
}

func suggest(name string) string {
	if len(name) > 40 {
		return ""
	}
	lower := strings.ToLower(name)
	if meant := alsoCalled[lower]; meant != "" {
		return meant
	}
	for _, m := range members {
		if levenshtein.Distance(lower, m, nil) <= len(m)/3 {
			return m
		}
	}
	return ""
}
