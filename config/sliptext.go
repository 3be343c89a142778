package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// quoteInText: what follows a quote without a space was meant to be in the text.
func quoteInText(v vicinity) (slip, bool) {
	quote, t := v.token(-1), v.token(0)
	word := t.Type == hclsyntax.TokenIdent || t.Type == hclsyntax.TokenNumberLit || t.Type == hclsyntax.TokenOQuote
	return slip{at: quote.Range, summary: "This quote ends the text.", detail: `Write \" for a quote that belongs to it. Texts within expr("…") stand in single quotes.`},
		word && quote.Type == hclsyntax.TokenCQuote && quote.Range.End.Byte == t.Range.Start.Byte
}

// textOpen is where the text begins that goes on behind its line, or its file.
func textOpen(v vicinity) (slip, bool) {
	var open hclsyntax.Tokens
	for _, t := range v.tokens[:min(v.i, len(v.tokens))] {
		switch t.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			open = append(open, t)
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			open = open[:max(0, len(open)-1)]
		}
	}
	if len(open) == 0 {
		return slip{}, false
	}
	t := open[len(open)-1]
	if t.Type == hclsyntax.TokenOQuote {
		return slip{at: t.Range, summary: "This text is not closed on its line.", detail: `Add the " that is missing. Longer text is written between <<-EOT and EOT.`}, true
	}
	head := strings.TrimRight(string(t.Bytes), "\r\n")
	at := t.Range
	at.End = at.Start
	at.End.Byte, at.End.Column = at.End.Byte+len(head), at.End.Column+len(head)
	return slip{at: at, summary: "This text is never ended.", detail: "Write " + strings.TrimLeft(head, "<-") + " on a line of its own behind it."}, true
}

// lineBefore: what is missing before a line belongs behind the one before it.
func lineBefore(v vicinity) (slip, bool) {
	t, ok := v.before()
	if !ok || t.Range.End.Line == v.found.Subject.Start.Line {
		return slip{}, false
	}
	s := slip{at: hcl.Range{Filename: t.Range.Filename, Start: t.Range.End, End: t.Range.End}}
	s.summary, s.detail = reworded(v.found)
	return s, true
}

func comment(v vicinity) (slip, bool) {
	slash, star := v.token(0), v.token(1)
	if slash.Type == hclsyntax.TokenStar {
		slash, star = v.token(-1), slash
	}
	return slip{hcl.RangeBetween(slash.Range, star.Range), "This comment is never closed.", "Add the */ that is missing, or begin each of its lines with #.", true},
		slash.Type == hclsyntax.TokenSlash && star.Type == hclsyntax.TokenStar && slash.Range.End.Byte == star.Range.Start.Byte
}

// space is one that is none to HCL.
func space(v vicinity) (slip, bool) {
	t := v.token(0)
	switch string(t.Bytes) {
	case "\u00a0", "\u2007", "\u202f", "\u3000", "\u2003", "\u2002", "\u2009":
		return slip{at: t.Range, summary: "This space is not an ordinary one.", detail: "Write an ordinary space: this one comes from a web page or word processor."}, true
	case "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff":
		return slip{at: t.Range, summary: "Here a character stands that can't be seen.", detail: "Write the line anew: it comes from a web page or word processor."}, true
	case "\r":
		return slip{t.Range, "This line ends with a carriage return alone.", "Save the file with line ends of Unix (LF) or Windows (CRLF).", true}, true
	case "„", "‚", "«", "»", "‹", "›", "‘", "’":
		return slip{at: t.Range, summary: "Typographic quotes begin no text.", detail: `Write straight ones: "…".`}, true
	}
	return slip{}, false
}

func variable(v vicinity) (slip, bool) {
	t := v.token(0)
	_, follows := v.before()
	return slip{at: t.Range, summary: "A $ begins no value here.", detail: `Write env("NAME") for a variable of the environment.`}, follows && string(t.Bytes) == "$"
}
