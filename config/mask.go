package config

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// masked is text with each character of a literal secret replaced by a star:
// values of attributes and keys whose names say so, defaults of env, and the
// userinfo of URLs. Lines and columns stay where they are.
func masked(text []byte) string {
	tokens, _ := hclsyntax.LexConfig(text, "", hcl.InitialPos)
	spans := userinfo(text)
	for i, tok := range tokens {
		switch {
		case tok.Type == hclsyntax.TokenEqual && i > 0 && secretive(keyBefore(tokens[:i])):
			spans = append(spans, literals(tokens, i+1)...)
		case tok.Type == hclsyntax.TokenComma && i > 4 && callsEnv(tokens[i-5:i]):
			spans = append(spans, literals(tokens, i+1)...)
		}
	}
	return stars(text, spans)
}

type span struct{ from, to int }

// keyBefore is the name in front of an equals sign, quoted or not.
func keyBefore(tokens hclsyntax.Tokens) string {
	last := tokens[len(tokens)-1]
	if last.Type == hclsyntax.TokenCQuote && len(tokens) > 1 {
		last = tokens[len(tokens)-2]
	}
	return string(last.Bytes)
}

func secretive(name string) bool {
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	if name == "value" || strings.HasSuffix(name, "_key") {
		return true
	}
	return slices.ContainsFunc([]string{"secret", "password", "passwd", "token", "authorization", "credential", "apikey"},
		func(word string) bool { return strings.Contains(name, word) })
}

// callsEnv tells whether tokens are env("NAME".
func callsEnv(t hclsyntax.Tokens) bool {
	return t[0].Type == hclsyntax.TokenIdent && string(t[0].Bytes) == "env" && t[1].Type == hclsyntax.TokenOParen && t[4].Type == hclsyntax.TokenCQuote
}

// literals finds the fixed texts and numbers of the value that begins at i. The
// first argument of env, file and credential is a name, and stays.
func literals(tokens hclsyntax.Tokens, i int) (spans []span) {
	open := 0
	for ; i < len(tokens); i++ {
		tok := tokens[i]
		switch tok.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenComma:
			if open == 0 {
				return spans
			}
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			if open--; open < 0 {
				return spans
			}
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenNumberLit:
			if !namesSource(tokens[:i]) {
				spans = append(spans, span{tok.Range.Start.Byte, tok.Range.End.Byte})
			}
		}
	}
	return spans
}

func namesSource(before hclsyntax.Tokens) bool {
	n := len(before)
	if n < 3 || before[n-1].Type != hclsyntax.TokenOQuote || before[n-2].Type != hclsyntax.TokenOParen {
		return false
	}
	return slices.Contains(sourceFunctions, string(before[n-3].Bytes))
}

var userinfoPattern = regexp.MustCompile(`//([^/?#\s"]+)@`)

func userinfo(text []byte) (spans []span) {
	for _, m := range userinfoPattern.FindAllSubmatchIndex(text, -1) {
		spans = append(spans, span{m[2], m[3]})
	}
	return spans
}

func stars(text []byte, spans []span) string {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var out strings.Builder
	at := 0
	for _, s := range spans {
		if s.to <= at {
			continue
		}
		s.from = max(s.from, at)
		out.Write(text[at:s.from])
		for at = s.from; at < s.to; {
			r, n := utf8.DecodeRune(text[at:])
			if r == '\n' {
				out.WriteByte('\n')
			} else {
				out.WriteByte('*')
			}
			at += n
		}
	}
	out.Write(text[at:])
	return out.String()
}
