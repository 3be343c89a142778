package config

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

// A Setting is one thing that a webhook was told, or its default. No secret is
// in it that can be read.
type Setting struct {
	Name  string    // such as url, retry.schedule, headers["X-Campaign"], payload.contact.email
	Text  string    // the value as one would write it; a secret by its source, or as (sensitive)
	Place Place     // of the value; zero where it is a default
	Value expr.Node // what makes the value for an event; nil where it is the same for all

	// Secret is the name of the secret that the value is, whole, such as
	// env:PD_KEY; empty where it is none, or one that stands in the files.
	Secret string

	sum [sha256.Size]byte // tells values apart, secrets included
}

// A Place is where something stands in the files.
type Place struct {
	File         string // as in diagnostics; empty: nowhere
	Line, Column int    // from 1, in characters
}

func (p Place) String() string {
	if p.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

func placeOf(r hcl.Range) Place { return Place{r.Filename, r.Start.Line, r.Start.Column} }

// Settings are all that a webhook was told, defaults filled in, in the order of
// the reference; nil for a webhook that isn't declared.
func (g *Generation) Settings(webhook string) []Setting { return g.settings[webhook] }

// A listing gathers the settings of one webhook.
type listing struct {
	l   *loader
	s   *section
	all []Setting
}

// settingsOf is called for a webhook without problems.
func (l *loader) settingsOf(s *section, d *destination) []Setting {
	w := d.webhook
	b := &listing{l: l, s: s}
	b.fixed("description", quoted(w.Description))
	b.whole("url", &expr.Template{Text: d.url})
	b.fixed("method", quoted(w.Method))
	b.encoding(w)
	b.fixed("events", joined(w.Events, func(sub outbound.Subscription) string { return quoted(sub.String()) }))
	if w.Filter != nil {
		b.whole("filter", w.Filter)
	}
	b.fixed("active", strconv.FormatBool(w.Active))
	b.fixed("on_inactive", quoted(map[bool]string{true: "skip", false: "hold"}[w.SkipInactive]))
	b.signing(d)
	b.signature()
	b.fixed("log_response_body", strconv.FormatBool(w.LogResponseBody))
	if w.SuccessWhen != nil {
		b.whole("success_when", nil)
	}
	b.auth()
	b.tls()
	b.texts("headers")
	b.texts("query")
	b.fixed("timeout", quoted(short(w.Timeout)))
	b.fixed("concurrency", strconv.Itoa(w.Concurrency))
	b.rate(w)
	if w.OrderBy != nil {
		b.whole("order_by", w.OrderBy)
		b.fixed("on_order_failure", quoted(map[bool]string{true: "hold", false: "continue"}[w.OrderHold]))
	}
	b.retry(w)
	b.circuit(w)
	if n := s.node("payload"); n != nil {
		b.payload("payload", "", n)
	}
	return b.all
}

// add takes what tells values apart as it is: a secret in it stays in here.
func (b *listing) add(name, text, whole string, at hcl.Range, value expr.Node) {
	b.l.spend(at, 4*valueWork+len(name)+len(text))
	b.all = append(b.all, Setting{Name: name, Text: text, Place: placeOf(at), Value: value, sum: sha256.Sum256([]byte(whole))})
}

// from notes which secret the last setting is.
func (b *listing) from(n node) {
	if ref, ok := n.(*secretRef); ok {
		b.all[len(b.all)-1].Secret = ref.name
	}
}

// fixed is a setting that is the same for all events, and no secret.
func (b *listing) fixed(name, text string) { b.add(name, text, text, b.s.writtenAt(name), nil) }

// writtenAt is the place of an attribute's value; zero where it is not written.
func (s *section) writtenAt(name string) hcl.Range {
	if s == nil || !s.has(name) {
		return hcl.Range{}
	}
	return s.at(name)
}

// whole is an attribute that is one text or expression.
func (b *listing) whole(name string, value expr.Node) {
	n := b.s.node(name)
	if n == nil {
		return
	}
	b.add(name, asWritten(n), b.l.sumOf(n), n.at(), value)
}

func (b *listing) encoding(w *outbound.Webhook) {
	form := w.Encoding == outbound.Form
	if w.Method != "GET" {
		b.fixed("content_type", quoted(map[bool]string{true: "form", false: "json"}[form]))
	}
	if s := b.s.nested("form", formBody); form && s != nil {
		lists := quoted(listStyles[w.Form.Lists])
		b.add("form.lists", lists, lists, s.writtenAt("lists"), nil)
		if w.Form.Field != "" {
			b.add("form.field", quoted(w.Form.Field), w.Form.Field, s.writtenAt("field"), nil)
		}
	}
}

func (b *listing) signing(d *destination) {
	n := b.s.node("secret")
	switch {
	case n == nil:
		return
	case isEmpty(n):
		b.add("secret", "(stored)", fmt.Sprintf("%q", d.signing), n.at(), nil)
	default:
		b.add("secret", concealed(n), fmt.Sprintf("%q", d.signing), n.at(), nil)
	}
}

// signature lists how a webhook signs, if it has a secret.
func (b *listing) signature() {
	if b.s.node("secret") == nil {
		return
	}
	s, block := b.l.variantOf(b.s, signatureBlock)
	if s == nil {
		b.add("signature", quoted(outbound.Standard.Name), outbound.Standard.Name, hcl.Range{}, nil)
		return
	}
	b.add("signature", quoted(block.Labels[0]), block.Labels[0], block.DefRange(), nil)
	for _, a := range s.shape.attributes {
		n := s.node(a.name)
		if n == nil {
			n = a.def()
		}
		if n != nil {
			b.add("signature."+a.name, asWritten(n), b.l.sumOf(n), s.writtenAt(a.name), nil)
		}
	}
}

func (b *listing) auth() {
	s, kind := b.l.authOf(b.s)
	if s == nil || kind.Labels[0] == "none" {
		return
	}
	b.add("auth", quoted(kind.Labels[0]), kind.Labels[0], kind.DefRange(), nil)
	for _, a := range authBodies[kind.Labels[0]].attributes {
		n := s.nodeOrDefault(a)
		if n == nil {
			continue
		}
		text := asWritten(n)
		if a.secret {
			text = concealed(n)
		}
		b.add("auth."+a.name, text, b.l.sumOf(n), n.at(), nil)
		b.from(n)
	}
}

// tls lists what holds in a tls block. What tells values apart is the content of files.
func (b *listing) tls() {
	s := b.s.nested("tls", tlsBody)
	if s == nil {
		return
	}
	for _, a := range tlsBody.attributes {
		n := s.nodeOrDefault(a)
		if n == nil {
			continue
		}
		r, _ := b.l.read(n)
		text, whole := asWritten(n), r.text
		switch a.name {
		case "ca_file", "cert", "key":
			if path := b.l.pemPath(r); path != "" {
				whole = string(b.l.contents[path])
			} else {
				text = concealed(n)
			}
		}
		b.add("tls."+a.name, text, whole, n.at(), nil)
	}
}

// nodeOrDefault is what holds: what is written, or else the default; nil: nothing.
func (s *section) nodeOrDefault(a attribute) node {
	if n := s.node(a.name); n != nil {
		return n
	}
	return a.def()
}

func (b *listing) texts(name string) {
	for _, f := range b.l.texts(b.s, name) {
		if t, ok := b.l.toText(f.value, name); ok {
			b.add(name+step(f.name), shown(f.name, f.value), b.l.sumOf(f.value), f.value.at(), &expr.Template{Text: t})
		}
	}
}

func (b *listing) rate(w *outbound.Webhook) {
	text := "none"
	if n := b.s.node("rate_limit"); n != nil {
		text = asWritten(n)
	}
	b.add("rate_limit", text, fmt.Sprint(w.RateLimit), b.s.writtenAt("rate_limit"), nil)
}

func (b *listing) retry(w *outbound.Webhook) {
	s := b.s.nested("retry", retryBody)
	add := func(name, text string) { b.add("retry."+name, text, text, s.writtenAt(name), nil) }
	add("schedule", joined(w.Retry.Schedule, func(d time.Duration) string { return quoted(short(d)) }))
	add("permanent", joined(w.Retry.Permanent, strconv.Itoa))
	add("max_retry_after", quoted(short(w.Retry.MaxRetryAfter)))
}

func (b *listing) circuit(w *outbound.Webhook) {
	s := b.s.nested("circuit", circuitBody)
	add := func(name, text string) { b.add("circuit."+name, text, text, s.writtenAt(name), nil) }
	add("failures", strconv.Itoa(w.Circuit.Failures))
	add("probe_after", quoted(short(w.Circuit.ProbeAfter)))
	add("max_wait", quoted(short(w.Circuit.MaxWait)))
}

// payload lists the values of a payload by their paths; name is that of the
// nearest field. What an object or list holds stands for it.
func (b *listing) payload(path, name string, n node) {
	switch n := n.(type) {
	case *object:
		for _, f := range n.fields {
			b.payload(path+step(f.name), f.name, f.value)
		}
		if len(n.fields) > 0 {
			return
		}
	case *array:
		for i, item := range n.items {
			b.payload(path+"["+numeral(i)+"]", name, item)
		}
		if len(n.items) > 0 {
			return
		}
	}
	if value, ok := b.l.payloadNode(n); ok {
		b.add(path, shown(name, n), b.l.sumOf(n), n.at(), value)
	}
}

// shown hides a fixed text whose name says that it is a secret.
func shown(name string, n node) string {
	if fixed, ok := n.(*literal); ok && fixed.kind == stringKind && secretive(name) {
		return hidden
	}
	return asWritten(n)
}

// step is how a member is written behind a path.
func step(name string) string {
	if identifier(name) {
		return "." + name
	}
	return "[" + quoted(name) + "]"
}
