package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const (
	maxNesting   = 64
	maxOperators = 100  // of one expression, between its commas and brackets
	maxPieces    = 2000 // of one text: lines, or what lies between signs such as $
)

const (
	outOfRange       = "This number is out of range."
	outOfRangeAdvice = "Write it in quotes to send it as text."
)

// tooDeep finds what would let the parser or the evaluator recurse too far:
// brackets and templates in one another, and chains of operators; and what it
// would take too long for: it joins the pieces of a text in quadratic time. The
// scanner does neither, so its tokens are safe to count.
func tooDeep(tokens hclsyntax.Tokens) (at hcl.Range, why error) {
	d := depth{levels: []level{{}}}
	for i, tok := range tokens {
		var before hclsyntax.TokenType
		if i > 0 {
			before = tokens[i-1].Type
		}
		if why := d.see(tok, before); why != nil {
			return tok.Range, why
		}
	}
	return hcl.Range{}, nil
}

// A level is one bracket that is open, or the file itself.
type level struct {
	closer    hclsyntax.TokenType
	operators int // since the last comma, or line within braces
}

type depth struct {
	levels []level
	pieces int // of a text, so far
}

var closers = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenOBrace:          hclsyntax.TokenCBrace,
	hclsyntax.TokenOBrack:          hclsyntax.TokenCBrack,
	hclsyntax.TokenOParen:          hclsyntax.TokenCParen,
	hclsyntax.TokenTemplateInterp:  hclsyntax.TokenTemplateSeqEnd,
	hclsyntax.TokenTemplateControl: hclsyntax.TokenTemplateSeqEnd,
}

func (d *depth) see(tok hclsyntax.Token, before hclsyntax.TokenType) error {
	top := &d.levels[len(d.levels)-1]
	if tok.Type != hclsyntax.TokenStringLit && tok.Type != hclsyntax.TokenQuotedLit {
		d.pieces = 0
	} else if d.pieces++; d.pieces > maxPieces {
		return fault{fmt.Sprintf("This text has more than %d lines.", maxPieces), "Put it into a file of its own, and write file(\"path\")."}
	}
	switch {
	case tok.Type == hclsyntax.TokenComma,
		tok.Type == hclsyntax.TokenNewline && (len(d.levels) == 1 || top.closer == hclsyntax.TokenCBrace):
		top.operators = 0
	case tok.Type == hclsyntax.TokenNumberLit && hugeNumber(string(tok.Bytes)):
		return fault{outOfRange, outOfRangeAdvice}
	case operator(tok.Type, before):
		if top.operators++; top.operators > maxOperators {
			return fault{fmt.Sprintf("This expression has more than %d operators.", maxOperators), "Give parts of it names in locals { … }."}
		}
	}
	if closer, ok := closers[tok.Type]; ok {
		d.levels = append(d.levels, level{closer: closer})
		if len(d.levels)-1 > maxNesting {
			return fault{fmt.Sprintf("This is nested deeper than %d levels.", maxNesting), "Is a bracket missing that closes one before it?"}
		}
	} else if len(d.levels) > 1 && tok.Type == top.closer {
		d.levels = d.levels[:len(d.levels)-1]
	}
	return nil
}

// operator tells whether a token makes the tree of its expression deeper.
func operator(t, before hclsyntax.TokenType) bool {
	switch t {
	case hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenPercent,
		hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq,
		hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr,
		hclsyntax.TokenBang, hclsyntax.TokenQuestion, hclsyntax.TokenDoubleColon, hclsyntax.TokenTemplateControl:
		return true
	case hclsyntax.TokenOBrack: // an index
		switch before {
		case hclsyntax.TokenIdent, hclsyntax.TokenCQuote, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCBrace:
			return true
		}
	}
	return false
}
