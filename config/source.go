package config

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A source is the text of one file. Its lines are cut for diagnostics only.
type source struct {
	text  []byte // without a byte order mark
	lines []string
}

// line is line n as people may see it: literal secrets masked.
func (s *source) line(n int) string {
	if s == nil || !utf8.Valid(s.text) {
		return ""
	}
	if s.lines == nil {
		s.lines = strings.Split(masked(s.text), "\n")
	}
	if n > len(s.lines) || len(s.lines[n-1]) > maxSnippet {
		return ""
	}
	return strings.TrimRight(s.lines[n-1], "\r")
}

// parse checks what must hold before a parser sees the files, and parses them.
// It is nil if the meaning of the files can't be known.
func (l *loader) parse(files []File) []*hclsyntax.Body {
	total := 0
	for _, f := range files {
		total += len(f.Content)
	}
	if total > maxBytes {
		l.fail(hcl.Range{}, "", "The configuration has %s; at most %s are read.", humanize.IBytes(uint64(total)), humanize.IBytes(maxBytes))
		return nil
	}
	bodies := make([]*hclsyntax.Body, 0, len(files))
	for _, f := range files {
		src := &source{text: bytes.TrimPrefix(f.Content, []byte("\ufeff"))}
		l.sources[f.Name] = src
		if !l.readable(f.Name, src.text) {
			continue
		}
		parsed, diags := hclsyntax.ParseConfig(src.text, f.Name, hcl.InitialPos)
		l.addHCL(diags)
		if body, ok := parsed.Body.(*hclsyntax.Body); ok {
			bodies = append(bodies, body)
		}
	}
	if l.errors > 0 {
		return nil
	}
	return bodies
}

func (l *loader) readable(name string, text []byte) bool {
	if at := badUTF8(text); at >= 0 {
		l.fail(pointIn(name, text, at), "Save the file as UTF-8.", "The file is not valid UTF-8.")
		return false
	}
	if at := bytes.IndexByte(text, 0); at >= 0 {
		l.fail(pointIn(name, text, at), "", "The file holds a NUL byte.")
		return false
	}
	if at, what := tooDeep(name, text); what != "" {
		l.fail(at, "", "%s", what)
		return false
	}
	return true
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
