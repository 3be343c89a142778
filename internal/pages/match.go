package pages

import (
	"regexp"
	"strings"
)

// kinds are texts that differ from run to run; each is equal to others of its kind.
var kinds = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`\x1b\[[0-9;]*m`), ""},
	{regexp.MustCompile(`\bevt_[0-9A-Z]{26}\b`), "EVENT-ID"},
	{regexp.MustCompile(`\bdlv_[0-9a-z]{20}\b`), "DELIVERY-ID"},
	{regexp.MustCompile(`\bv1,[A-Za-z0-9+/]{43}=`), "SIGNATURE"},
	{regexp.MustCompile(`\bwhsec_[A-Za-z0-9+/]+=*`), "SECRET"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)`), "TIME"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d(\.\d+)?\b`), "TIME"},
	{regexp.MustCompile(`\b1[78]\d{8}\b`), "SECONDS"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ([kKMGT]i?)?B\b`), "SIZE"},
	{regexp.MustCompile(`\b(\d+(\.\d+)?(ns|µs|ms|s|m|h|d))+\b`), "DURATION"},
	{regexp.MustCompile(`"duration_ms": ?\d+`), "DURATION"},
	{regexp.MustCompile(`\b(127\.0\.0\.1|localhost):[1-6]\d{4}\b`), "$1:PORT"},
	{regexp.MustCompile(`\bpostern(/| )(dev\b|v\d[^ ]*|\(devel\))`), "postern${1}VERSION"},
	{regexp.MustCompile(`[ \t]+`), " "},
}

// plain is a line without what differs from run to run.
func plain(line string) string {
	for _, k := range kinds {
		line = k.pattern.ReplaceAllString(line, k.name)
	}
	return strings.TrimSpace(line)
}

// matches says whether what was printed is what a page shows.
func matches(shown, printed []string) bool {
	return pattern(shown, `\z`).MatchString(text(printed))
}

// next finds what a page shows at or after the begin of what was printed, and
// gives how many of its bytes it takes with all before; -1 if it is not there yet.
func next(shown []string, printed string) int {
	plainly := pattern(append([]string{"…"}, shown...), "")
	whole := strings.SplitAfter(printed, "\n")
	for n, size := 1, 0; n <= len(whole); n++ {
		size += len(whole[n-1])
		if !strings.HasSuffix(whole[n-1], "\n") {
			return -1 // a line that is not whole
		}
		if plainly.MatchString(text(lines(printed[:size]))) {
			return size
		}
	}
	return -1
}

// pattern matches the text of what a page shows. Blank lines at the end are of no
// account.
func pattern(shown []string, end string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for _, line := range strings.Split(strings.TrimRight(strings.Join(shown, "\n"), "\n "), "\n") {
		if strings.TrimSpace(line) == "…" {
			b.WriteString(`([^\n]*\n)*?`)
			continue
		}
		parts := strings.Split(plain(line), "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		b.WriteString(strings.Join(parts, `[^\n]*`) + `\n`)
	}
	return regexp.MustCompile(b.String() + end)
}

// text is lines plainly, each with its line feed; no lines are one that is empty.
func text(printed []string) string {
	all := make([]string, len(printed))
	for i, line := range printed {
		all[i] = plain(line)
	}
	return strings.TrimRight(strings.Join(all, "\n"), "\n") + "\n"
}

// lines are those of what was printed.
func lines(printed string) []string {
	return strings.Split(strings.TrimRight(strings.ReplaceAll(printed, "\r\n", "\n"), "\n"), "\n")
}
