package config

import "github.com/hashicorp/hcl/v2/hclsyntax"

// variantOf finds the block of a kind that has variants; nil if there is none,
// or a bad one. One of defaults stands behind it if both are of the same variant.
func (l *loader) variantOf(s *section, kind block) (*section, *hclsyntax.Block) {
	own, behind := s.child(kind.name), s.fallback.child(kind.name)
	if own == nil {
		return l.variantSection(behind, kind), behind
	}
	found, fallback := l.variantSection(own, kind), l.variantSection(behind, kind)
	if found != nil && fallback != nil && behind.Labels[0] == own.Labels[0] {
		found = found.over(fallback)
	}
	return found, own
}

func (l *loader) variantSection(b *hclsyntax.Block, kind block) *section {
	if b == nil || !l.labels(b, 1) {
		return nil
	}
	shape, known := kind.bodies()[b.Labels[0]]
	if !known {
		l.fail(b.LabelRanges[0], suggestOr(b.Labels[0], kind.labels(), "There are"), "There is no %s %q.", kind.name, b.Labels[0])
		return nil
	}
	return l.section(b.Body, b, shape)
}
