package config

import (
	"bytes"
	"math"
	"unicode"
	"unicode/utf8"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// inside finds a part of a literal text, given by bytes of its value, in the
// file: behind escapes, and in heredocs whose indentation is taken away. Where
// that can't be told, it is the place of the whole literal.
func (l *loader) inside(e *hclsyntax.TemplateExpr, offset, length int) hcl.Range {
	part := e.Parts[0].(*hclsyntax.LiteralValueExpr)
	whole := part.SrcRange
	src := l.sources[whole.Filename]
	if src == nil || offset < 0 || length < 0 {
		return e.SrcRange
	}
	raw := src.text[whole.Start.Byte:whole.End.Byte]
	starts := written(raw, part.Val.AsString(), src.text[e.SrcRange.Start.Byte] != '"', whole.Start.Column-1)
	if starts == nil {
		return e.SrcRange
	}
	last := len(starts) - 1 // the end of the value
	from := min(offset, last)
	to := min(from+max(length, 1), last)
	return hcl.Range{
		Filename: whole.Filename,
		Start:    advance(raw, whole.Start, starts[from]),
		End:      advance(raw, whole.Start, max(starts[to], starts[from]+1)),
	}
}

// written tells for each byte of a value, and for its end, where in raw it is
// written; nil if the two don't fit together.
func written(raw []byte, value string, heredoc bool, column int) []int {
	if !heredoc {
		return align(raw, value, 0, false)
	}
	for _, indent := range []int{0, column, leastIndent(raw)} {
		if starts := align(raw, value, indent, true); starts != nil {
			return starts
		}
	}
	return nil
}

// align walks raw and value side by side. Each line of a heredoc but the first
// has indent blanks in raw that its value lacks; blank lines keep theirs.
func align(raw []byte, value string, indent int, heredoc bool) []int {
	starts := make([]int, 0, len(value)+1)
	at, taken := 0, 0
	for at < len(raw) {
		if heredoc && at > 0 && raw[at-1] == '\n' && !blankLine(raw[at:]) {
			at += min(indent, len(raw)-at)
		}
		meant, n := unit(raw[at:], heredoc)
		if taken+len(meant) > len(value) || value[taken:taken+len(meant)] != meant || n == 0 {
			return nil
		}
		for range len(meant) {
			starts = append(starts, at)
		}
		at, taken = at+n, taken+len(meant)
	}
	if taken != len(value) {
		return nil
	}
	return append(starts, at)
}

// unit is what the next written thing means, and how many bytes it is.
func unit(raw []byte, heredoc bool) (meant string, n int) {
	switch {
	case len(raw) == 0:
		return "", 0
	case bytes.HasPrefix(raw, []byte("$${")):
		return "${", 3
	case bytes.HasPrefix(raw, []byte("%%{")):
		return "%{", 3
	case raw[0] == '\\' && !heredoc && len(raw) > 1:
		return escape(raw)
	}
	_, n = utf8.DecodeRune(raw)
	return string(raw[:n]), n
}

func escape(raw []byte) (meant string, n int) {
	if i := bytes.IndexByte([]byte(`nrt"\`), raw[1]); i >= 0 {
		return "\n\r\t\"\\"[i : i+1], 2
	}
	digits := map[byte]int{'u': 4, 'U': 8}[raw[1]]
	if digits == 0 || len(raw) < 2+digits {
		return "", 0
	}
	var r rune
	for _, c := range raw[2 : 2+digits] {
		v := bytes.IndexByte([]byte("0123456789abcdef"), byte(unicode.ToLower(rune(c))))
		if v < 0 {
			return "", 0
		}
		r = r<<4 | rune(v)
	}
	return string(r), 2 + digits
}

func blankLine(raw []byte) bool {
	line, _, ended := bytes.Cut(raw, []byte("\n"))
	return ended && len(bytes.TrimFunc(line, unicode.IsSpace)) == 0
}

// leastIndent is what <<- takes away if its first line is blank.
func leastIndent(raw []byte) int {
	least := math.MaxInt
	for len(raw) > 0 {
		if !blankLine(raw) {
			least = min(least, len(raw)-len(bytes.TrimLeftFunc(raw, unicode.IsSpace)))
		}
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	if least == math.MaxInt {
		return 0
	}
	return least
}

// advance counts lines and characters as HCL does.
func advance(raw []byte, pos hcl.Pos, n int) hcl.Pos {
	end := pos.Byte + min(n, len(raw))
	for rest := raw; pos.Byte < end && len(rest) > 0; {
		size, cluster, _ := textseg.ScanGraphemeClusters(rest, true)
		if pos.Byte+size > end {
			break
		}
		rest = rest[size:]
		pos.Byte += size
		if cluster[len(cluster)-1] == '\n' {
			pos.Line, pos.Column = pos.Line+1, 1
		} else {
			pos.Column++
		}
	}
	return pos
}
