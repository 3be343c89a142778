package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/posternhq/postern/internal/secret"
)

const (
	maxProblems = 1000 // reported; beyond, a load is given up
	maxSnippet  = 500  // bytes of a line that is shown, and of a sentence

	shortestScrubbed = 8 // bytes of a secret that is looked for in free text
)

// A problem is a diagnostic before its line is looked up.
type problem struct {
	severity        Severity
	summary, detail string
	at              hcl.Range
}

// problems collects them in any order, each once.
type problems struct {
	list   []problem
	seen   map[problem]bool
	errors int
	more   bool // than are told

	concealed []string // literal secrets, each with what stands in its place
}

func (p *problems) fail(at hcl.Range, detail, format string, args ...any) {
	p.add(problem{Error, fmt.Sprintf(format, args...), detail, at})
}

func (p *problems) warn(at hcl.Range, detail, format string, args ...any) {
	p.add(problem{Warning, fmt.Sprintf(format, args...), detail, at})
}

// fault is a mistake in a value, told by a parser that does not know its place.
type fault struct{ summary, detail string }

func (f fault) Error() string { return f.summary }

// failWith reports err, which is a fault or the plain words of another room:
// what is wrong, and behind a colon what to do.
func (p *problems) failWith(at hcl.Range, err error) {
	var f fault
	if errors.As(err, &f) {
		p.fail(at, f.detail, "%s", f.summary)
		return
	}
	cause, advice, _ := strings.Cut(err.Error(), ": ")
	p.fail(at, sentence(advice), "%s", sentence(cause))
}

func (p *problems) add(one problem) {
	if p.seen[one] {
		return
	}
	if p.seen == nil {
		p.seen = map[problem]bool{}
	}
	if one.severity == Error {
		p.errors++
	}
	if len(p.list) == maxProblems {
		p.more = true
		panic(stopped{})
	}
	p.seen[one] = true
	p.list = append(p.list, one)
}

// addHCL takes over what HCL found, in our words where we have some.
func (p *problems) addHCL(diags hcl.Diagnostics) {
	for _, d := range diags {
		one := problem{severity: Error}
		if d.Severity == hcl.DiagWarning {
			one.severity = Warning
		}
		one.summary, one.detail = reworded(d)
		if d.Subject != nil {
			one.at = *d.Subject
		}
		if d.Context != nil && ownWords(d) {
			one.at = *d.Context // the whole call
		}
		p.add(one)
	}
}

// diagnostics sorts them by place and adds the lines that they speak of.
// Whatever was found to be sensitive is taken out once more at the end.
func (p *problems) diagnostics(sources map[string]*source, sensitive map[string]secret.Text) Diagnostics {
	scrub := p.scrubber(sensitive)
	out := make(Diagnostics, 0, len(p.list)+1)
	for _, one := range p.list {
		d := Diagnostic{Severity: one.severity, Summary: told(scrub(one.summary)), Detail: told(scrub(one.detail)), File: inert(one.at.Filename)}
		if one.at.Start.Line > 0 {
			d.Line, d.Column = one.at.Start.Line, one.at.Start.Column
			d.EndLine, d.EndColumn = one.at.End.Line, one.at.End.Column
			d.Snippet = inert(scrub(sources[one.at.Filename].line(d.Line)))
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Detail, b.Detail))
	})
	out = slices.Compact(out)
	if p.more {
		out = append(out, Diagnostic{Summary: "There are more problems than these.", Detail: "Mend these first."})
	}
	return out
}

// conceal keeps a literal secret out of what is told, wherever it is written.
func (p *problems) conceal(value string) {
	if len(value) >= shortestScrubbed {
		p.concealed = append(p.concealed, value, strings.Repeat("*", utf8.RuneCountInString(value)))
	}
}

// scrubber replaces sensitive values of 8 bytes and more.
func (p *problems) scrubber(sensitive map[string]secret.Text) func(string) string {
	pairs := slices.Clone(p.concealed)
	for _, value := range sensitive {
		if v := value.Reveal(); len(v) >= shortestScrubbed {
			pairs = append(pairs, v, "(sensitive)")
		}
	}
	if pairs == nil {
		return func(s string) string { return s }
	}
	return strings.NewReplacer(pairs...).Replace
}

// told is a sentence as people may see it.
func told(s string) string {
	s = inert(s)
	if len(s) > maxSnippet {
		s = strings.ToValidUTF8(s[:maxSnippet], "") + "…"
	}
	return s
}

// inert makes text harmless for terminals and logs: control characters other
// than tab, and those that turn the writing direction, become U+FFFD.
func inert(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029') {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// sentence puts words on one line, with a capital and a full stop.
func sentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return s
	}
	if first := s[0]; 'a' <= first && first <= 'z' && !startsWithName(s) {
		s = string(first-'a'+'A') + s[1:]
	}
	if !strings.ContainsRune(".?!", rune(s[len(s)-1])) {
		s += "."
	}
	return s
}

// startsWithName tells whether the first word is a name such as max_age, which
// is written as it is.
func startsWithName(s string) bool {
	word, _, _ := strings.Cut(s, " ")
	return strings.ContainsAny(word, "_.(\"")
}

// standsAt and declaredAt are the advice for what is there twice.
func standsAt(first hcl.Range) string {
	return "It stands at " + place(first) + " already: remove one of them."
}

func declaredAt(first hcl.Range) string {
	return "It is declared at " + place(first) + " already: remove or rename one of them."
}

// place names where something else was declared.
func place(r hcl.Range) string {
	return fmt.Sprintf("%s:%d:%d", r.Filename, r.Start.Line, r.Start.Column)
}
