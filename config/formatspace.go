package config

import "github.com/hashicorp/hcl/v2/hclsyntax"

// tie marks what belongs to one side alone: a minus that negates, and the star
// of x.*, which is no product.
func tie(words []word) {
	var before word // that is neither newline nor comment
	for i := range words {
		w := &words[i]
		switch {
		case w.is(hclsyntax.TokenNewline, hclsyntax.TokenComment):
			continue
		case w.kind == hclsyntax.TokenMinus:
			w.tied = !endsValue(before)
		case w.kind == hclsyntax.TokenStar:
			w.tied = before.kind == hclsyntax.TokenDot
		}
		before = *w
	}
}

// endsValue tells whether an operator may follow.
func endsValue(w word) bool {
	switch w.kind {
	case hclsyntax.TokenIdent:
		return !keyword(w)
	case hclsyntax.TokenStar:
		return w.tied
	}
	return w.is(hclsyntax.TokenNumberLit, hclsyntax.TokenCQuote, hclsyntax.TokenOHeredoc,
		hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenCParen)
}

// keyword tells the words of [for x in y : x if z] from names.
func keyword(w word) bool {
	return w.kind == hclsyntax.TokenIdent && (w.text == "for" || w.text == "in" || w.text == "if")
}

// spaced tells whether two words on one line have a space between them.
func spaced(a, b word) bool {
	switch {
	case inText(a, b):
		return false
	case a.kind == hclsyntax.TokenOBrace || b.kind == hclsyntax.TokenCBrace:
		return a.kind != hclsyntax.TokenOBrace || b.kind != hclsyntax.TokenCBrace
	case a.is(hclsyntax.TokenOParen, hclsyntax.TokenOBrack), b.is(hclsyntax.TokenCParen, hclsyntax.TokenCBrack),
		b.is(hclsyntax.TokenComma, hclsyntax.TokenEllipsis),
		a.kind == hclsyntax.TokenBang, a.kind == hclsyntax.TokenMinus && a.tied,
		a.is(hclsyntax.TokenDot, hclsyntax.TokenDoubleColon), b.is(hclsyntax.TokenDot, hclsyntax.TokenDoubleColon):
		return false
	case b.kind == hclsyntax.TokenOParen: // of a call
		return a.kind != hclsyntax.TokenIdent || keyword(a)
	case b.kind == hclsyntax.TokenOBrack: // of an index
		return !endsValue(a)
	}
	return true
}

// inText tells whether the place between two words is within quotes, where a
// space would be said.
func inText(a, b word) bool {
	return a.is(hclsyntax.TokenOQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenTemplateSeqEnd) ||
		b.is(hclsyntax.TokenCQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenTemplateSeqEnd)
}

// numbered tells whether three words are those of x.0 .1, which would become
// another number without the space.
func numbered(a, b, c word) bool {
	return a.kind == hclsyntax.TokenNumberLit && b.kind == hclsyntax.TokenDot && c.kind == hclsyntax.TokenNumberLit
}
