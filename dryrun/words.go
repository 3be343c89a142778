package dryrun

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/posternhq/postern/internal/nearest"
)

var plainName = regexp.MustCompile(`^[_\pL][_\pL\p{Nd}]*$`)

// step is how a member is written behind a path.
func step(name string) string {
	if plainName.MatchString(name) {
		return "." + name
	}
	return "[" + string(quoted(name)) + "]"
}

// meant asks for the nearest of some names, if one is near: ", did you mean …?"
func meant(given string, known []string) string {
	if best := nearest.Name(given, known); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// counted says how many of something there are.
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

const (
	widest = 160 // bytes of a value that are shown
	before = 40  // of them in front of where two begin to differ
)

// excerpts cuts two long values around the first place where they differ.
func excerpts(a, b string) (string, string) {
	if len(a) <= widest && len(b) <= widest {
		return a, b
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	from := max(0, at-before)
	return excerpt(a, from), excerpt(b, from)
}

func excerpt(s string, from int) string {
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	from = min(from, len(s))
	head, rest := "", s[from:]
	if from > 0 {
		head = "…"
	}
	if len(rest) > widest {
		return head + strings.ToValidUTF8(rest[:widest], "") + "…"
	}
	return head + rest
}
