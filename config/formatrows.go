package config

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A row is one line of a formatted file; a heredoc or a long comment makes it
// several. Without words it is blank.
type row struct {
	words  []word
	gaps   []int // spaces before each word
	indent int
}

// layOut puts words in rows, and each word in its place.
func layOut(words []word) []row {
	rows := tidy(split(words))
	indent(rows)
	for i := range rows {
		rows[i].space()
	}
	line(rows, row.sign, true)
	line(rows, row.comment, false)
	return rows
}

func split(words []word) []row {
	rows := []row{{}}
	for _, w := range words {
		last := &rows[len(rows)-1]
		if w.kind == hclsyntax.TokenNewline {
			rows = append(rows, row{})
			continue
		}
		last.words = append(last.words, w)
	}
	return rows
}

// tidy leaves one blank row of several, and none at the edges of the file or of
// anything in brackets.
func tidy(rows []row) []row {
	var kept []row
	for _, r := range rows {
		for len(kept) > 0 && kept[len(kept)-1].blank() && (r.blank() || closes(r.words[0])) {
			kept = kept[:len(kept)-1]
		}
		if r.blank() && (len(kept) == 0 || kept[len(kept)-1].opens()) {
			continue
		}
		kept = append(kept, r)
	}
	if len(kept) > 0 && kept[len(kept)-1].blank() {
		kept = kept[:len(kept)-1]
	}
	return kept
}

func (r row) blank() bool { return len(r.words) == 0 }

// opens tells whether a row ends in a bracket that is open, comments apart.
func (r row) opens() bool {
	for _, w := range slices.Backward(r.words) {
		if w.kind != hclsyntax.TokenComment {
			return opens(w)
		}
	}
	return false
}

func opens(w word) bool {
	_, ok := closers[w.kind]
	return ok
}

func closes(w word) bool {
	return w.is(hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd)
}

// indent moves what stands in brackets one step in from the row that opens
// them. A row that begins with closing brackets goes back to where the last of
// these was opened.
func indent(rows []row) {
	var open []int // for each bracket, the indentation of its row
	for i := range rows {
		r := &rows[i]
		if len(open) > 0 {
			r.indent = open[len(open)-1] + 1
		}
		leading := true
		for _, w := range r.words {
			switch {
			case opens(w):
				open, leading = append(open, r.indent), false
			case closes(w) && len(open) > 0:
				if leading {
					r.indent = open[len(open)-1]
				}
				open = open[:len(open)-1]
			default:
				leading = false
			}
		}
	}
}

func (r *row) space() {
	r.gaps = make([]int, len(r.words))
	for i := range r.words {
		switch {
		case i == 0:
			r.gaps[i] = 2 * r.indent
		case spaced(r.words[i-1], r.words[i]),
			i+1 < len(r.words) && numbered(r.words[i-1], r.words[i], r.words[i+1]):
			r.gaps[i] = 1
		}
	}
}

// line puts the words that find names under one another, in rows that follow
// one another: at the same indentation, if it matters.
func line(rows []row, find func(row) int, indented bool) {
	for from := 0; from < len(rows); {
		to, most := from, 0
		for to < len(rows) && find(rows[to]) > 0 && (!indented || rows[to].indent == rows[from].indent) {
			most = max(most, rows[to].width(find(rows[to])))
			to++
		}
		for _, r := range rows[from:to] {
			at := find(r)
			r.gaps[at] = most - r.width(at) + 1
		}
		from = max(to, from+1)
	}
}

// sign is the place of the equals sign of a name that has its value on the same
// row; 0: there is none.
func (r row) sign() int {
	sign, depth := 0, 0
	for i, w := range r.words {
		switch {
		case opens(w):
			depth++
		case closes(w):
			depth--
		case w.kind == hclsyntax.TokenEqual && depth == 0 && sign == 0:
			sign = i
		}
		if depth < 0 {
			return 0
		}
	}
	if depth > 0 || r.tall() {
		return 0
	}
	return sign
}

// comment is the place of the comment that ends a row; 0: there is none.
func (r row) comment() int {
	last := len(r.words) - 1
	if last < 1 || r.words[last].kind != hclsyntax.TokenComment || r.tall() {
		return 0
	}
	return last
}

// tall tells whether a row takes several lines.
func (r row) tall() bool {
	return slices.ContainsFunc(r.words, func(w word) bool { return strings.Contains(w.text, "\n") })
}

// width is how many characters stand in front of a word, its gap apart.
func (r row) width(at int) int {
	n := 0
	for i, w := range r.words[:at] {
		n += r.gaps[i] + characters(w.text)
	}
	return n
}

// characters counts as people do. A word on one line that is ASCII has one a byte.
func characters(text string) int {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return len(text)
	}
	n, _ := textseg.TokenCount([]byte(text), textseg.ScanGraphemeClusters)
	return n
}

func bytesOf(rows []row) []byte {
	b := []byte{}
	for _, r := range rows {
		for i, w := range r.words {
			b = append(b, strings.Repeat(" ", r.gaps[i])...)
			b = append(b, w.text...)
		}
		b = append(b, '\n')
	}
	return b
}
