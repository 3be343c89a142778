package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/posternhq/postern/expr"
)

// fingerprint covers what ends a suspension when it changes: url, method, auth,
// headers, query and secret.
func (l *loader) fingerprint(d *destination) string {
	h := sha256.New()
	l.hashTarget(h, d)
	return hex.EncodeToString(h.Sum(nil))
}

// digest covers all that changes what a webhook does. A description does not.
func (l *loader) digest(d *destination) string {
	h := sha256.New()
	l.hashTarget(h, d)
	w := d.webhook
	fmt.Fprintf(h, "encoding %d form %d %q\n", w.Encoding, w.Form.Lists, w.Form.Field)
	fmt.Fprintf(h, "events %+v active %t skip %t log %t\n", w.Events, w.Active, w.SkipInactive, w.LogResponseBody)
	fmt.Fprintf(h, "timeout %d concurrency %d rate %g retry %+v\n", w.Timeout, w.Concurrency, w.RateLimit, w.Retry)
	if w.Filter != nil {
		fmt.Fprintf(h, "filter %q\n", w.Filter.Source())
	}
	if d.payload != nil {
		l.hashNode(h, d.payload)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (l *loader) hashTarget(h io.Writer, d *destination) {
	w := d.webhook
	fmt.Fprintf(h, "%s ", w.Method)
	l.hashText(h, d.url)
	for _, header := range w.Headers {
		fmt.Fprintf(h, "header %q ", header.Name)
		l.hashText(h, header.Value)
	}
	for _, pair := range w.Query {
		fmt.Fprintf(h, "query %q ", pair.Name)
		l.hashText(h, pair.Value)
	}
	a := w.Auth
	fmt.Fprintf(h, "auth %d %q %q %q %q %q\n", a.Kind, a.Username, a.Password.Reveal(), a.Token.Reveal(), a.Header, a.Value.Reveal())
	fmt.Fprintf(h, "secret %q\n", d.signing)
}

func (l *loader) hashText(h io.Writer, t expr.Text) {
	for _, p := range t.Parts {
		switch {
		case p.Expr != nil:
			fmt.Fprintf(h, "expr %q ", p.Expr.Source())
		case p.Secret != "":
			l.hashSecret(h, p.Secret)
		default:
			fmt.Fprintf(h, "text %q ", p.Literal)
		}
	}
	fmt.Fprintln(h)
}

func (l *loader) hashSecret(h io.Writer, name string) {
	fmt.Fprintf(h, "secret %q %q ", name, l.secrets[name].Reveal())
}

func (l *loader) hashNode(h io.Writer, n node) {
	switch n := n.(type) {
	case *literal:
		fmt.Fprintf(h, "%d %q ", n.kind, n.text)
	case *secretRef:
		l.hashSecret(h, n.name)
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
