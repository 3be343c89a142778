package config

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Format gives a file its canonical layout: docs/command-line.md says what that
// is. Meaning, order and comments stay. A file that Load could not parse is
// refused with the problems that Load would report.
func Format(f File) (text []byte, ds Diagnostics) {
	defer func() {
		if r := recover(); r != nil {
			text, ds = nil, cantFormat(f.Name, fmt.Sprintf("%T at %s", r, origin(debug.Stack())))
		}
	}()
	return format(f)
}

func format(f File) ([]byte, Diagnostics) {
	l := newLoader(Files{Files: []File{f}}, Inputs{})
	bodies := l.parse([]File{f})
	if l.errors > 0 {
		return nil, l.diagnostics(l.sources, nil)
	}
	words := wordsOf(l.sources[f.Name].text, labelsIn(bodies))
	text := bytesOf(layOut(words))
	// Whoever formats does not expect to be told something new, so it is checked.
	if !slices.Equal(spoken(words), spoken(wordsOf(text, nil))) {
		return nil, cantFormat(f.Name, "the result would mean something else")
	}
	if len(text) > maxBytes {
		return nil, Diagnostics{{File: inert(f.Name), Summary: "In its canonical layout this file is larger than 1 MiB.", Detail: "Split it into several files."}}
	}
	return text, nil
}

func cantFormat(name, why string) Diagnostics {
	return Diagnostics{{
		File:    inert(name),
		Summary: "Postern failed to format this file.",
		Detail:  inert("It is left as it is. This is a mistake in Postern, please report it: " + why + "."),
	}}
}

// A word is a token, or a heredoc as a whole.
type word struct {
	kind hclsyntax.TokenType
	text string
	tied bool // a sign that belongs to one side alone: -x, and the star of x.*
}

func (w word) is(kinds ...hclsyntax.TokenType) bool { return slices.Contains(kinds, w.kind) }

// wordsOf reads a file that is well. Labels at these bytes get their quotes, and
// ends of lines are one newline each, but those in heredocs: they are part of
// what is said.
func wordsOf(text []byte, labels map[int]bool) []word {
	tokens, _ := hclsyntax.LexConfig(text, "", hcl.InitialPos)
	var words []word
	for i := 0; i < len(tokens); i++ {
		tok := tokens[i]
		switch {
		case tok.Type == hclsyntax.TokenEOF:
		case tok.Type == hclsyntax.TokenNewline:
			words = append(words, newline)
		case tok.Type == hclsyntax.TokenComment:
			words = append(words, word{kind: tok.Type, text: string(commentOf(tok.Bytes))})
			if bytes.HasSuffix(tok.Bytes, []byte("\n")) {
				words = append(words, newline)
			}
		case tok.Type == hclsyntax.TokenOHeredoc:
			i = heredocEnd(tokens, i)
			words = append(words, word{kind: tok.Type, text: string(text[tok.Range.Start.Byte:tokens[i].Range.End.Byte])})
		case labels[tok.Range.Start.Byte]:
			words = append(words, word{kind: hclsyntax.TokenOQuote, text: `"`},
				word{kind: hclsyntax.TokenQuotedLit, text: string(tok.Bytes)}, word{kind: hclsyntax.TokenCQuote, text: `"`})
		default:
			words = append(words, word{kind: tok.Type, text: string(tok.Bytes)})
		}
	}
	tie(words)
	return words
}

var newline = word{kind: hclsyntax.TokenNewline, text: "\n"}

// commentOf is a comment without the end of its line.
func commentOf(raw []byte) []byte {
	return bytes.TrimRight(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), " \t\r\n")
}

// heredocEnd finds the token that ends the heredoc which begins at i. Others may
// stand in it.
func heredocEnd(tokens hclsyntax.Tokens, i int) int {
	for open := 0; i < len(tokens); i++ {
		switch tokens[i].Type {
		case hclsyntax.TokenOHeredoc:
			open++
		case hclsyntax.TokenCHeredoc:
			if open--; open == 0 {
				return i
			}
		}
	}
	return len(tokens) - 1
}

// labelsIn finds the labels that are written without quotes.
func labelsIn(bodies []*hclsyntax.Body) map[int]bool {
	bare := map[int]bool{}
	for _, body := range bodies {
		for _, b := range body.Blocks {
			for i, r := range b.LabelRanges {
				if r.End.Byte-r.Start.Byte == len(b.Labels[i]) {
					bare[r.Start.Byte] = true
				}
			}
			for at := range labelsIn([]*hclsyntax.Body{b.Body}) {
				bare[at] = true
			}
		}
	}
	return bare
}

// spoken is what words say, whatever their layout.
func spoken(words []word) []word {
	return slices.DeleteFunc(slices.Clone(words), func(w word) bool { return w == newline })
}
