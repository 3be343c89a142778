package config

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const (
	saveAsUTF8 = "Save it as UTF-8."

	maxInvalid = 100 // characters in a file that are none of the language, before it is given up
)

// A source is the text of one file. Its secrets are looked for, and its lines
// cut, for diagnostics only.
type source struct {
	text    []byte // without a byte order mark
	secrets func() []span
	lines   []string
}

func newSource(text []byte) *source {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	return &source{text: text, secrets: sync.OnceValue(func() []span {
		tokens, diags := hclsyntax.LexConfig(text, "", hcl.InitialPos)
		return secretSpans(text, tokens, diags.HasErrors())
	})}
}

// hides tells whether a literal secret is written in a place.
func (s *source) hides(at hcl.Range) bool {
	return slices.ContainsFunc(s.secrets(), func(one span) bool { return one.from < at.End.Byte && at.Start.Byte < one.to })
}

// line is line n as people may see it: literal secrets masked.
func (s *source) line(n int) string {
	if s == nil {
		return ""
	}
	if s.lines == nil && utf8.Valid(s.text) {
		s.lines = strings.Split(stars(s.text, s.secrets()), "\n")
	}
	if n > len(s.lines) || len(s.lines[n-1]) > maxSnippet {
		return ""
	}
	return strings.TrimRight(s.lines[n-1], "\r")
}

// parse checks what must hold before a parser sees the files, and parses them.
// Files in which something is wrong are left out.
func (l *loader) parse(files []File) []*hclsyntax.Body {
	total, dense := 0, 0
	for _, f := range files {
		if total += len(f.Content); total <= maxBytes {
			dense += signs(f.Content)
		}
	}
	if total > maxBytes {
		l.fail(hcl.Range{}, tooLargeAdvice, "The configuration has %s; at most %s are read.", humanize.IBytes(uint64(total)), humanize.IBytes(maxBytes))
		return nil
	}
	if dense > maxSigns {
		l.fail(hcl.Range{}, "Keep long data in files of its own, and read them with file(\"path\").", "The configuration has %d words and signs; at most %d are read.", dense, maxSigns)
		return nil
	}
	bodies := make([]*hclsyntax.Body, 0, len(files))
	for _, f := range files {
		src := newSource(f.Content)
		l.sources[f.Name] = src
		if !l.readable(f.Name, src) {
			continue
		}
		parsed, diags := hclsyntax.ParseConfig(src.text, f.Name, hcl.InitialPos)
		l.explain(src.text, diags)
		if body, ok := parsed.Body.(*hclsyntax.Body); ok && !diags.HasErrors() {
			bodies = append(bodies, body)
		}
	}
	return bodies
}

// readable reports what keeps a file from the parser.
func (l *loader) readable(name string, src *source) bool {
	text := src.text
	if at := badUTF8(text); at >= 0 {
		l.fail(pointIn(name, text, at), saveAsUTF8, "The file is not valid UTF-8.")
		return false
	}
	if at := bytes.IndexByte(text, 0); at >= 0 {
		l.fail(pointIn(name, text, at), "Is it a text file? "+saveAsUTF8, "The file holds a NUL byte.")
		return false
	}
	tokens, diags := hclsyntax.LexConfig(text, name, hcl.InitialPos)
	at, why := tooDeep(tokens)
	if why == nil && len(diags) <= maxInvalid {
		return true
	}
	spans := secretSpans(text, tokens, diags.HasErrors()) // while the tokens are at hand
	src.secrets = func() []span { return spans }
	if why != nil {
		l.failWith(at, why)
	} else {
		l.explain(text, diags)
	}
	return false
}

func badUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// pointIn is the place of one byte.
func pointIn(name string, text []byte, at int) hcl.Range {
	start := bytes.LastIndexByte(text[:at], '\n') + 1
	pos := hcl.Pos{
		Line:   bytes.Count(text[:at], []byte("\n")) + 1,
		Column: utf8.RuneCount(text[start:at]) + 1,
		Byte:   at,
	}
	end := pos
	end.Column++
	end.Byte++
	return hcl.Range{Filename: name, Start: pos, End: end}
}
