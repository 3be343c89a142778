package config

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func numeral(i int) string { return strconv.Itoa(i) }

// A section is a block's body as it is read: its own attributes, and behind
// them those of the block that it falls back on.
type section struct {
	l      *loader
	shape  bodyShape
	title  string // as people know the block: webhook "crm"
	header hcl.Range
	attrs  map[string]*hclsyntax.Attribute
	own    map[string]*hclsyntax.Attribute
	blocks []*hclsyntax.Block // its own
	meant  []string           // attributes that others look like, which it does not have

	fallback *section
}

// section checks that a body holds known names only.
func (l *loader) section(body *hclsyntax.Body, b *hclsyntax.Block, shape bodyShape) *section {
	s := &section{l: l, shape: shape, title: title(b), header: b.DefRange(), own: map[string]*hclsyntax.Attribute{}}
	for _, a := range inOrder(body.Attributes) {
		if !slices.Contains(shape.attrs, a.Name) {
			l.fail(a.NameRange, adviseName(a.Name, shape), "%s has no attribute %q.", capital(b.Type), a.Name)
			s.meant = append(s.meant, nearest(a.Name, shape.attrs))
			continue
		}
		s.own[a.Name] = a
	}
	for _, inner := range body.Blocks {
		if !slices.Contains(shape.blocks, inner.Type) {
			l.fail(inner.TypeRange, adviseBlock(inner.Type, shape), "%s has no block %q.", capital(b.Type), inner.Type)
			s.meant = append(s.meant, inner.Type)
			continue
		}
		s.blocks = append(s.blocks, inner)
	}
	s.attrs = s.own
	return s
}

// over lets a section fall back on another, attribute by attribute.
func (s *section) over(fallback *section) *section {
	if fallback == nil {
		return s
	}
	s.fallback = fallback
	s.attrs = maps.Clone(fallback.attrs)
	maps.Copy(s.attrs, s.own)
	return s
}

// title is a block's header as written.
func title(b *hclsyntax.Block) string {
	text := b.Type
	for _, label := range b.Labels {
		text += " " + strconv.Quote(label)
	}
	return text
}

func capital(s string) string { return "A block " + s }

// inOrder sorts attributes by place, so that problems come out the same way
// each time.
func inOrder(attrs hclsyntax.Attributes) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(attrs), func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.SrcRange.Start.Byte, b.SrcRange.Start.Byte)
	})
}

// has tells whether an attribute is written, here or in what it falls back on.
func (s *section) has(name string) bool { return s.attrs[name] != nil }

// isNull tells whether an attribute that was looked at is written as null.
func (s *section) isNull(name string) bool {
	n := s.l.folded[s.attrs[name]]
	return n != nil && isNull(n)
}

// at is the place of an attribute's value, or else of the block's header.
func (s *section) at(name string) hcl.Range {
	if a := s.attrs[name]; a != nil {
		return a.Expr.Range()
	}
	return s.header
}

// require reports an attribute that is missing, and not meant by another name.
func (s *section) require(name string) bool {
	if !s.has(name) {
		if slices.Contains(s.meant, name) {
			return false
		}
		s.l.fail(s.header, "Write "+examples[name]+".", "%s needs %s.", s.title, name)
		return false
	}
	return true
}

// node folds an attribute; nil if it is absent, null, or bad.
func (s *section) node(name string) node {
	n := s.value(name)
	if n == nil || isNull(n) {
		return nil
	}
	return n
}

// value is node for an attribute in which null is a value, or a mistake.
func (s *section) value(name string) node {
	a := s.attrs[name]
	if a == nil {
		return nil
	}
	n, folded := s.l.folded[a]
	if !folded {
		n = s.l.fold(a.Expr)
		s.l.folded[a] = n
	}
	return n
}

// child is the own block of that type, which may stand once.
func (s *section) child(kind string) *hclsyntax.Block {
	if s == nil {
		return nil
	}
	var found *hclsyntax.Block
	for _, b := range s.blocks {
		if b.Type != kind {
			continue
		}
		if found != nil {
			s.l.fail(b.DefRange(), standsAt(found.DefRange()), "The block %s stands twice.", kind)
			continue
		}
		found = b
	}
	return found
}

// labelled is the one label of a block that has a name.
func (l *loader) labelled(b *hclsyntax.Block) (string, bool) {
	if !l.labels(b, 1) {
		return "", false
	}
	if name := b.Labels[0]; ValidName(name) {
		return name, true
	}
	l.fail(b.LabelRanges[0], "Write it like "+b.Type+` "sales_crm"`+".", "The name of a %s is 1 to 64 letters, digits, - and _.", b.Type)
	return "", false
}

// labels checks how many labels a block has.
func (l *loader) labels(b *hclsyntax.Block, want int) bool {
	switch {
	case len(b.Labels) == want:
		return true
	case want == 0:
		l.fail(b.LabelRanges[0], "Write "+b.Type+" { … }.", "A block %s has no name.", b.Type)
	case len(b.Labels) == 0:
		l.fail(b.TypeRange, "Write "+head(b.Type)+" { … }.", "A block %s needs a name.", b.Type)
	default:
		l.fail(b.LabelRanges[want], "Remove all but the first.", "A block %s has one name.", b.Type)
	}
	return false
}

// ValidName tells whether a webhook or a mapping may have this name: 1 to 64 of
// [A-Za-z0-9_-].
func ValidName(name string) bool {
	if len(name) < 1 || len(name) > 64 {
		return false
	}
	for _, c := range []byte(name) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}
