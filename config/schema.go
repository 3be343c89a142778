package config

import "slices"

// A bodyShape is what a block may hold: the table that it is decoded by, and
// that its reference is made from.
type bodyShape struct {
	attributes []attribute
	inner      []block

	attrs  []string // names of attributes
	blocks []string // names of inner blocks
}

// An attribute is one setting of a block.
type attribute struct {
	name     string
	takes    takes
	absent   string // what holds without it, where that is no fixed default
	required bool   // here, or in the block that this one falls back on
	secret   bool
	expr     reach
	about    string // one sentence for people, in Markdown
}

// def is the default as one would write it; nil: none, or none that can be.
func (a attribute) def() node {
	if a.absent != "" {
		return nil
	}
	return a.takes.def()
}

// reach is where expr may stand in an attribute.
type reach int

const (
	noExpr    reach = iota
	wholeExpr       // the value is one expression
	textExpr        // as a whole text, or within one
	everyExpr       // at any depth
)

// A block is one kind of block.
type block struct {
	name     string
	label    string    // what its label is, such as NAME; empty: it has none, or one of variants
	pattern  string    // of the label, for JSON Schema
	variants []variant // by label, where it is one of a few
	body     bodyShape // without variants
	free     bool      // any attributes may stand in it
	once     bool      // in all files, or in the block around it
	about    string
}

// A variant is what a block holds that has this label.
type variant struct {
	label string
	body  bodyShape
	about string
}

func body(attributes []attribute, inner ...block) bodyShape {
	shape := bodyShape{attributes: attributes, inner: inner}
	for _, a := range attributes {
		shape.attrs = append(shape.attrs, a.name)
	}
	for _, b := range inner {
		shape.blocks = append(shape.blocks, b.name)
	}
	return shape
}

// bodies are what a block of variants may hold, by label.
func (b block) bodies() map[string]bodyShape {
	out := map[string]bodyShape{}
	for _, v := range b.variants {
		out[v.label] = v.body
	}
	return out
}

// labels are those of a block of variants, in order.
func (b block) labels() []string {
	out := make([]string, len(b.variants))
	for i, v := range b.variants {
		out[i] = v.label
	}
	return out
}

// taken is what an attribute of this section takes.
func taken[T takes](s *section, name string) T { return named(s.shape.attributes, name).takes.(T) }

// named is one of some attributes. Only a mistake in this package asks for one
// that is not among them.
func named(attributes []attribute, name string) attribute {
	i := slices.IndexFunc(attributes, func(a attribute) bool { return a.name == name })
	if i < 0 {
		panic("config: the table has no " + name)
	}
	return attributes[i]
}
