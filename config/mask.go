package config

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// secretSpans finds the literal secrets of a text: values of attributes and keys
// whose names say so, defaults of env, and what URLs tell of who is asking.
// Where the text is broken, it takes whole ends of lines for them.
func secretSpans(text []byte, tokens hclsyntax.Tokens, broken bool) []span {
	spans := inURLs(text)
	taken := 0 // tokens that belong to a secret already
	for i, tok := range tokens {
		var found []span
		switch {
		case tok.Type == hclsyntax.TokenComment:
			found = afterNames(tok.Bytes, tok.Range.Start.Byte)
		case i < taken:
		case (tok.Type == hclsyntax.TokenEqual || tok.Type == hclsyntax.TokenColon) && secretive(keyBefore(tokens[:i])):
			found, taken = literals(tokens, i+1, 0)
		case tok.Type == hclsyntax.TokenComma && namesVariable(tokens[:i]):
			found, taken = literals(tokens, i+1, 1)
		}
		spans = append(spans, found...)
	}
	if broken {
		spans = append(spans, afterNames(text, 0)...)
	}
	return spans
}

type span struct{ from, to int }

// keyBefore is the name in front of an equals sign, quoted or not.
func keyBefore(tokens hclsyntax.Tokens) string {
	for i := len(tokens) - 1; i >= 0; i-- {
		switch tokens[i].Type {
		case hclsyntax.TokenCParen, hclsyntax.TokenCQuote:
			continue
		}
		return string(tokens[i].Bytes)
	}
	return ""
}

// secretive tells whether what bears this name may be a secret.
func secretive(name string) bool {
	name = strings.ToLower(name)
	if name == "token_url" { // what is secret in it is found as in every URL
		return false
	}
	if name == "value" || name == "auth" || name == "sig" || strings.HasSuffix(name, "key") {
		return true
	}
	return slices.ContainsFunc([]string{"secret", "password", "passwd", "passphrase", "pwd", "token", "authorization", "credential", "cookie"},
		func(word string) bool { return strings.Contains(name, word) })
}

// namesVariable tells whether tokens end with env("NAME".
func namesVariable(tokens hclsyntax.Tokens) bool {
	var last hclsyntax.Tokens
	for i := len(tokens) - 1; i >= 0 && len(last) < 5; i-- {
		if t := tokens[i].Type; t != hclsyntax.TokenNewline && t != hclsyntax.TokenComment {
			last = append(last, tokens[i])
		}
	}
	return len(last) == 5 && last[0].Type == hclsyntax.TokenCQuote && last[3].Type == hclsyntax.TokenOParen && string(last[4].Bytes) == "env"
}

// literals finds what a value that begins at from says itself, and where it
// ends, given how many brackets it stands in. The first argument of env, file
// and credential is a name, and stays; of an expression all but its literals does.
func literals(tokens hclsyntax.Tokens, from, open int) (spans []span, end int) {
	least := open
	for end = from; end < len(tokens); end++ {
		switch tok := tokens[end]; tok.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenComma, hclsyntax.TokenComment:
			if open == 0 && (tok.Type != hclsyntax.TokenComment || bytes.HasSuffix(tok.Bytes, []byte("\n"))) {
				return spans, end
			}
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			if open--; open < least {
				return spans, end
			}
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenNumberLit, hclsyntax.TokenIdent:
			switch {
			case argumentOf(tokens[:end], sourceFunctions...) || means(tokens, end):
			case argumentOf(tokens[:end], "expr") && end+1 < len(tokens) && tokens[end+1].Type == hclsyntax.TokenCQuote:
				spans = append(spans, inProgram(tok.Bytes, tok.Range.Start.Byte)...)
			default:
				spans = append(spans, span{tok.Range.Start.Byte, tok.Range.End.Byte})
			}
		}
	}
	return spans, end
}

// means tells whether a word within a value is part of the language rather than
// a text that lacks its quotes.
func means(tokens hclsyntax.Tokens, i int) bool {
	if tokens[i].Type != hclsyntax.TokenIdent {
		return false
	}
	switch string(tokens[i].Bytes) {
	case "local", "mapping", "true", "false", "null", "for", "in", "if":
		return true
	}
	return i+1 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenOParen || // a function
		i+1 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenEqual || // a key
		i > 0 && tokens[i-1].Type == hclsyntax.TokenDot
}

// argumentOf tells whether the first argument of one of these functions, a text,
// follows on tokens.
func argumentOf(before hclsyntax.Tokens, functions ...string) bool {
	n := len(before)
	if n < 3 || before[n-1].Type != hclsyntax.TokenOQuote || before[n-2].Type != hclsyntax.TokenOParen {
		return false
	}
	return slices.Contains(functions, string(before[n-3].Bytes))
}

// literalPattern finds texts, numbers and comments of an expression, which is
// written as a text itself. What is not closed goes on to the end.
var literalPattern = regexp.MustCompile(`(?s)'(?:\\\\(?:\\.|[^\\])|\\[^\\]|[^'\\])*(?:'|$)|\\"(?:\\\\(?:\\.|[^\\])|\\[^"\\]|[^\\])*(?:\\"|$)|` +
	"`[^`]*(?:`|$)" + `|\b\d[\w.]{3,}|/[/*].*`)

// inProgram finds the literals of an expression. All of it is one where it reads
// like a single word, or a quote may be written as its number.
func inProgram(written []byte, offset int) (spans []span) {
	if !bytes.ContainsAny(written, " .([") || bytes.Contains(bytes.ToLower(written), []byte(`\u`)) {
		return []span{{offset, offset + len(written)}}
	}
	for _, m := range literalPattern.FindAllIndex(written, -1) {
		spans = append(spans, span{offset + m[0], offset + m[1]})
	}
	return spans
}

var namePattern = regexp.MustCompile(`([\w-]+)["')]*[ \t]*[=:][ \t]*`)

// afterNames finds the ends of lines behind names that say so, in text that is
// no HCL. A call for a secret of elsewhere is none itself.
func afterNames(text []byte, offset int) (spans []span) {
	for line := range bytes.Lines(text) {
		for _, m := range namePattern.FindAllSubmatchIndex(line, -1) {
			if secretive(string(line[m[2]:m[3]])) && !callsSource(line[m[1]:]) {
				spans = append(spans, span{offset + m[1], offset + len(bytes.TrimRight(line, "\r\n"))})
				break
			}
		}
		offset += len(line)
	}
	return spans
}

// callsSource tells whether a value is env("NAME") and the like, without default.
func callsSource(value []byte) bool { return sourcePattern.Match(value) }

var sourcePattern = regexp.MustCompile(`^(plain\()?(env|file|credential)\("[^",]*"\)`)

// What URLs hold before an @, also with what may not stand there, and the
// members of their queries.
var (
	userinfoPattern = regexp.MustCompile(`//([^/?#\s]+|[^\s"]*:[^\s"]*)@`)
	queryPattern    = regexp.MustCompile(`[?&]([^=&#\s"]+)=([^&#\s"$]+)`)
)

func inURLs(text []byte) (spans []span) {
	for _, m := range userinfoPattern.FindAllSubmatchIndex(text, -1) {
		spans = append(spans, span{m[2], m[3]})
	}
	for _, m := range queryPattern.FindAllSubmatchIndex(text, -1) {
		if secretive(string(text[m[2]:m[3]])) {
			spans = append(spans, span{m[4], m[5]})
		}
	}
	return spans
}

// stars is text with each character of the spans replaced by a star. Lines and
// columns stay where they are.
func stars(text []byte, spans []span) string {
	spans = slices.SortedFunc(slices.Values(spans), func(a, b span) int { return a.from - b.from })
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
