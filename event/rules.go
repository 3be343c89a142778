package event

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxTypeBytes   = 128
	maxIDBytes     = 128
	maxSourceBytes = 256
	maxTimeBytes   = 64
)

// WrongType says what is wrong with the type of an event; empty: nothing.
func WrongType(s string) string {
	switch {
	case s == "" || len(s) > maxTypeBytes:
		return fmt.Sprintf("a type is 1 to %d bytes long, this one %d", maxTypeBytes, len(s))
	case !utf8.ValidString(s):
		return "a type is valid UTF-8"
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return "a type has no control characters"
	case strings.Contains(s, "*"):
		return "a type has no '*': a subscription may, alone or behind a dot"
	case strings.TrimSpace(s) != s:
		return "a type has no spaces around it"
	}
	return ""
}

// WrongID says what is wrong with the id of an event; empty: nothing.
func WrongID(s string) string {
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

// WrongTime says what is wrong with the time of an event; empty: nothing.
func WrongTime(s string) string {
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

// WrongSource says what is wrong with the source of an event; empty: nothing.
func WrongSource(s string) string {
	switch {
	case len(s) > maxSourceBytes:
		return fmt.Sprintf("a source is at most %d bytes long, this one %d", maxSourceBytes, len(s))
	case !utf8.ValidString(s):
		return "a source is valid UTF-8"
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return "a source has no control characters"
	}
	return ""
}

// WrongCloudID says what is wrong with the id that a CloudEvent came with; empty:
// nothing.
func WrongCloudID(s string) string {
	switch {
	case s == "":
		return "an id is not empty"
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return "an id has no control characters"
	}
	return ""
}

// WrongAttribute says what is wrong with the name of a CloudEvent's attribute;
// empty: nothing.
func WrongAttribute(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || name == "" {
		return fmt.Sprintf("the name of an attribute is made of a-z and 0-9 only, and %.40q is not; what is yours goes into data", name)
	}
	if name == "data" {
		return "no attribute is called data"
	}
	return ""
}
