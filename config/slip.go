package config

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A slip is what was meant, where the parser knows only what it expected.
type slip struct {
	at              hcl.Range
	summary, detail string
	whole           bool // the rest of the file only follows from it
}

// farthest is how many tokens away something is looked for.
const farthest = 1000

// A vicinity is what stands around a place that the parser stopped at.
type vicinity struct {
	text   []byte
	tokens hclsyntax.Tokens
	i      int // of the token there
	found  *hcl.Diagnostic
}

func around(text []byte, tokens hclsyntax.Tokens, d *hcl.Diagnostic) vicinity {
	i, _ := slices.BinarySearchFunc(tokens, d.Subject.Start.Byte, func(t hclsyntax.Token, at int) int { return t.Range.Start.Byte - at })
	return vicinity{text, tokens, i, d}
}

// slip is what was meant; ok is false where that can't be told.
func (v vicinity) slip() (s slip, ok bool) {
	for _, guess := range guesses[v.found.Summary] {
		if s, ok := guess(v); ok {
			return s, true
		}
	}
	return s, false
}

// guesses are what may have been meant, by what the parser says.
var guesses = map[string][]func(vicinity) (slip, bool){
	"Argument or block definition required":      {conflict, unopened, isJSON, comment, colon, equalsMissing},
	"Invalid block definition":                   {equalsMissingBefore, braceMissing},
	"Invalid argument name":                      {blockForObject},
	"Missing newline after argument":             {blockWithEquals, quoteInText},
	"Missing item separator":                     {quoteInText, lineBefore},
	"Missing argument separator":                 {quoteInText, lineBefore},
	"Missing attribute separator":                {quoteInText, lineBefore},
	"Invalid expression":                         {comment},
	"Invalid multi-line string":                  {textOpen},
	"Unterminated template string":               {textOpen},
	"Unclosed configuration block":               {outOfLine},
	"Unterminated object constructor expression": {outOfLine},
	"Unbalanced parentheses":                     {lineBefore},
	"Invalid character":                          {space, variable},
}

// token is one counted from the place; an empty one beyond the ends.
func (v vicinity) token(offset int) hclsyntax.Token {
	if i := v.i + offset; 0 <= i && i < len(v.tokens) {
		return v.tokens[i]
	}
	return hclsyntax.Token{Type: hclsyntax.TokenEOF}
}

// before is the last token in front of the place that is no comment or line end.
func (v vicinity) before() (t hclsyntax.Token, ok bool) {
	for i := v.i - 1; i >= max(0, v.i-farthest); i-- {
		if t := v.tokens[i]; t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
			return t, true
		}
	}
	return t, false
}

// line is the line of the place, from its beginning.
func (v vicinity) line() []byte {
	start := bytes.LastIndexByte(v.text[:v.found.Subject.Start.Byte], '\n') + 1
	line, _, _ := bytes.Cut(v.text[start:], []byte("\n"))
	return line
}
