package config

// A reading is a scalar setting as it was found.
type reading struct {
	text      string
	kind      kind
	sensitive bool // never to be quoted
	known     bool // false: it comes from an environment that is not at hand
}

// read takes a scalar's text, secrets filled in; ok is false for what is not
// known before there is an event, and for objects and lists.
func (l *loader) read(n node) (r reading, ok bool) {
	switch n := n.(type) {
	case *literal:
		return reading{text: n.text, kind: n.kind, known: true}, true
	case *secretRef:
		return reading{text: l.secrets[n.name].Reveal(), kind: stringKind, sensitive: true, known: !l.in.NoEnv}, true
	case *derived:
		return reading{text: n.text, kind: n.kind, sensitive: !n.open, known: n.known}, true
	case *text:
		r = reading{kind: stringKind, known: true}
		for _, part := range n.parts {
			p, ok := l.read(part)
			if !ok {
				return reading{}, false
			}
			r.text += p.text
			r.sensitive = r.sensitive || p.sensitive
			r.known = r.known && p.known
		}
		return r, true
	}
	return reading{}, false
}
