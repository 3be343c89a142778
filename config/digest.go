package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// fingerprint covers what ends a suspension when it changes: url, method, auth,
// headers, query, secret and signature.
func fingerprint(all []Setting) string {
	return digestOf(all, func(name string) bool {
		if i := strings.IndexAny(name, ".["); i > 0 {
			name = name[:i]
		}
		return slices.Contains([]string{"url", "method", "auth", "headers", "query", "secret", "signature"}, name)
	})
}

// digest covers all that changes what a webhook does. A description does not.
func digest(all []Setting) string {
	return digestOf(all, func(name string) bool { return name != "description" })
}

func digestOf(all []Setting, counts func(name string) bool) string {
	h := sha256.New()
	for i := range all {
		if counts(all[i].Name) {
			fmt.Fprintf(h, "%q %x\n", all[i].Name, all[i].sum)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sumOf tells values apart, those of secrets included.
func (l *loader) sumOf(n node) string {
	h := sha256.New()
	l.hashNode(h, n)
	return string(h.Sum(nil))
}

func (l *loader) hashNode(h io.Writer, n node) {
	switch n := n.(type) {
	case *literal:
		fmt.Fprintf(h, "%d %q ", n.kind, n.text)
	case *secretRef:
		fmt.Fprintf(h, "secret %q %q ", n.name, l.secrets[n.name].Reveal())
	case *derived:
		fmt.Fprintf(h, "derived %q ", n.text)
	case *program:
		fmt.Fprintf(h, "expr %q ", n.source)
	case *text:
		fmt.Fprintf(h, "text %d ", len(n.parts))
		for _, p := range n.parts {
			l.hashNode(h, p)
		}
	case *array:
		fmt.Fprintf(h, "list %d ", len(n.items))
		for _, item := range n.items {
			l.hashNode(h, item)
		}
	case *object:
		fmt.Fprintf(h, "object %d ", len(n.fields))
		for _, f := range n.fields {
			fmt.Fprintf(h, "%q ", f.name)
			l.hashNode(h, f.value)
		}
	}
}
