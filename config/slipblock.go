package config

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func conflict(v vicinity) (slip, bool) {
	line := v.line()
	for _, mark := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if bytes.HasPrefix(line, []byte(mark)) {
			return slip{v.token(0).Range, "This is a mark of a merge that was not finished.",
				"Keep one of the two versions, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>.", true}, true
		}
	}
	return slip{}, false
}

func isJSON(v vicinity) (slip, bool) {
	_, follows := v.before()
	t := v.token(0)
	return slip{t.Range, "A configuration is HCL, not JSON.", `Write blocks such as webhook "NAME" { … }, and name = value in them.`, true}, !follows && t.Type == hclsyntax.TokenOBrace
}

func unopened(v vicinity) (slip, bool) {
	t := v.token(0)
	return slip{at: t.Range, summary: "This } closes nothing.", detail: "Remove it, or add the { that is missing before it."}, t.Type == hclsyntax.TokenCBrace
}

// outOfLine finds the brace that is not closed, where lines are indented: the
// first } that closes a line with another indentation than its own.
func outOfLine(v vicinity) (slip, bool) {
	var open []hclsyntax.Token
	for i, t := range v.tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace:
			open = append(open, t)
		case hclsyntax.TokenCBrace:
			if len(open) == 0 {
				return slip{}, false
			}
			last := open[len(open)-1]
			begins := i > 0 && (v.tokens[i-1].Type == hclsyntax.TokenNewline || v.tokens[i-1].Type == hclsyntax.TokenComment)
			if begins && v.indent(last) != v.indent(t) {
				s := slip{at: last.Range, detail: "Add the } that is missing; the next one stands at " + place(t.Range) + ", indented otherwise."}
				s.summary = "This { is never closed."
				return s, true
			}
			open = open[:len(open)-1]
		}
	}
	return slip{}, false
}

// indent is the white space that the line of a token begins with.
func (v vicinity) indent(t hclsyntax.Token) string {
	line := v.text[bytes.LastIndexByte(v.text[:t.Range.Start.Byte], '\n')+1:]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

func colon(v vicinity) (slip, bool) {
	t := v.token(1)
	return slip{at: t.Range, summary: "Here a colon stands in place of an equals sign, or of a brace.", detail: "Write name = value, or name { … }."},
		v.token(0).Type == hclsyntax.TokenIdent && t.Type == hclsyntax.TokenColon
}

// equalsMissing: events ["*"], active == true.
func equalsMissing(v vicinity) (slip, bool) {
	name := v.token(0)
	return slip{at: name.Range, summary: "An equals sign is missing behind " + string(name.Bytes) + ".", detail: "Write " + string(name.Bytes) + " = …"}, isAttribute(name)
}

// equalsMissingBefore: url "https://…" reads like the head of a block.
func equalsMissingBefore(v vicinity) (slip, bool) {
	for v.i > 0 && v.token(-1).Type != hclsyntax.TokenNewline && v.token(-1).Type != hclsyntax.TokenComment {
		v.i--
	}
	return equalsMissing(v)
}

// braceMissing: HCL is satisfied with a { on the next line only where there is one.
func braceMissing(v vicinity) (slip, bool) {
	next := v.i
	for next < len(v.tokens) && v.tokens[next].Type == hclsyntax.TokenNewline {
		next++
	}
	below := next < len(v.tokens) && v.tokens[next].Type == hclsyntax.TokenOBrace
	return slip{at: *v.found.Subject, summary: "The { of this block is missing.", detail: "Write it behind the name."},
		v.token(0).Type == hclsyntax.TokenNewline && !below
}

// blockForObject: headers { "X-A" = … } lacks its equals sign.
func blockForObject(v vicinity) (slip, bool) {
	open := 0
	for i := v.i - 1; i > max(0, v.i-farthest); i-- {
		switch v.tokens[i].Type {
		case hclsyntax.TokenCBrace:
			open++
		case hclsyntax.TokenOBrace:
			if open--; open >= 0 {
				continue
			}
			name := v.tokens[i-1]
			return slip{at: name.Range, summary: string(name.Bytes) + " is an attribute, not a block.", detail: "Write " + string(name.Bytes) + " = { … }."}, isAttribute(name)
		}
	}
	return slip{}, false
}

// blockWithEquals: auth = "basic" { … }.
func blockWithEquals(v vicinity) (slip, bool) {
	equals := v.token(-4)
	return slip{at: equals.Range, summary: "A block has no equals sign behind its name.", detail: "Remove it."},
		v.token(0).Type == hclsyntax.TokenOBrace && v.token(-1).Type == hclsyntax.TokenCQuote && equals.Type == hclsyntax.TokenEqual
}

// isAttribute tells whether a name is one of attributes, and of no block.
func isAttribute(t hclsyntax.Token) bool {
	name := string(t.Bytes)
	return t.Type == hclsyntax.TokenIdent && belongs(name) != "" && !slices.ContainsFunc(everyBlock(), func(b block) bool { return b.name == name })
}
