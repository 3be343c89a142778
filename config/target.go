package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

const httpAdvice = "For a receiver on a private network, list its address in egress { allow_http = […] }."

// url reads where a webhook's requests go.
func (l *loader) url(s *section) (*outbound.URL, expr.Text) {
	n := s.node("url")
	if n == nil {
		if a := s.attrs["url"]; a != nil && l.folded[a] != nil {
			l.fail(s.at("url"), "Write "+examples["url"]+".", "A URL can't be null.")
		}
		return nil, expr.Text{}
	}
	t, ok := l.toText(n, "url")
	if !ok {
		return nil, t
	}
	u, err := l.newURL(t)
	if err != nil {
		l.failURL(s.at("url"), err)
		return nil, t
	}
	return u, t
}

// failURL tells what is wrong with a URL, and behind its colon what to do.
func (l *loader) failURL(at hcl.Range, err error) {
	cause, advice, _ := strings.Cut(strings.TrimPrefix(err.Error(), "url: "), ": ")
	l.fail(at, sentence(cmp.Or(advice, "write it like https://api.example.com/webhooks")), "This URL is wrong: %s.", cause)
}

// newURL checks a URL. Without the environment its secrets may stand for
// anything: if it can be right, it is.
func (l *loader) newURL(t expr.Text) (*outbound.URL, error) {
	if !l.in.NoEnv {
		return outbound.NewURL(t, l.secretValue)
	}
	u, err := outbound.NewURL(t, func(string) (string, bool) { return placeholder, true })
	if err == nil {
		return u, nil
	}
	parts := slices.Clone(t.Parts)
	for i, p := range parts {
		if p.Secret != "" {
			parts[i] = expr.Part{Literal: urlPlaceholders[RoleInURL(parts, i)]}
		}
	}
	return outbound.NewURL(expr.Text{Parts: parts}, nil)
}

var urlPlaceholders = map[URLRole]string{
	AnyText: placeholder, IsScheme: "https", IsAddress: "https://placeholder.invalid", IsIPv6: "::1", IsPort: "1", IsPath: "/" + placeholder,
}

func (l *loader) secretValue(name string) (string, bool) {
	value, ok := l.secrets[name]
	return value.Reveal(), ok
}

func (l *loader) checkScheme(s *section, w *outbound.Webhook) {
	if w.URL != nil && w.URL.Scheme() == "http" && !l.allowsHTTP && !l.partial {
		l.fail(s.at("url"), httpAdvice, "Webhook endpoints must use HTTPS.")
	}
}

// query reads what is added to the URL's own query.
func (l *loader) query(s *section) []outbound.Pair {
	var pairs []outbound.Pair
	for _, f := range l.texts(s, "query") {
		if t, ok := l.toText(f.value, "A query value"); ok {
			pairs = append(pairs, outbound.Pair{Name: f.name, Value: t})
		}
	}
	return pairs
}

// texts are the fields of an attribute that is an object; nulls are left out.
func (l *loader) texts(s *section, name string) []field {
	n := s.node(name)
	if n == nil {
		return nil
	}
	o, ok := n.(*object)
	if !ok {
		if d, unknown := n.(*derived); !unknown || d.known {
			l.fail(n.at(), "", "%s is an object: { name = value }.", name)
		}
		return nil
	}
	l.spend(o.place, valueWork*len(o.fields))
	return slices.DeleteFunc(slices.Clone(o.fields), func(f field) bool { return isNull(f.value) })
}

// checkGet: a GET carries no credentials and no body, and its payload must not
// meet a name that is in the query already.
func (l *loader) checkGet(s *section, w *outbound.Webhook) {
	if w.Method != "GET" {
		return
	}
	if b := s.child("auth"); w.Auth.Kind != outbound.NoAuth {
		at := s.header
		advice := `Use method = "POST", or write auth "none" {} here: the auth of defaults would apply.`
		if b != nil {
			at, advice = b.DefRange(), `Use method = "POST", or remove this block.`
		}
		l.fail(at, advice, "Authentication needs POST: a GET request carries no credentials.")
	}
	if a := s.own["content_type"]; a != nil {
		l.fail(a.NameRange, `Use method = "POST", or remove this line.`, "A GET request has no content type: its payload goes into the query.")
	}
	l.checkNames(s, w)
}

func (l *loader) checkNames(s *section, w *outbound.Webhook) {
	taken := map[string]string{}
	if w.URL != nil {
		for _, name := range w.URL.QueryNames() {
			taken[fieldRoot(name)] = "the URL"
		}
	}
	for _, f := range l.texts(s, "query") {
		if where := taken[fieldRoot(f.name)]; where != "" {
			l.fail(f.at, "Rename or remove one of them.", "The name %q stands in %s already.", f.name, where)
			continue
		}
		taken[fieldRoot(f.name)] = "query"
	}
	for _, f := range l.payloadNames(s, w) {
		if where := taken[f.name]; where != "" {
			l.fail(f.at, "A GET request carries the payload in the query: rename or remove one of them.", "The name %q stands in %s already.", f.name, where)
		}
	}
}

// payloadNames are the names that a GET's payload has at its top.
func (l *loader) payloadNames(s *section, w *outbound.Webhook) []field {
	if w.Form.Field != "" {
		return []field{{name: w.Form.Field, at: s.header}}
	}
	if o, ok := s.node("payload").(*object); ok {
		return o.fields
	}
	if s.node("payload") != nil {
		return nil
	}
	return []field{{name: "type", at: s.at("url")}, {name: "timestamp", at: s.at("url")}, {name: "data", at: s.at("url")}}
}

// fieldRoot is contact of contact[email].
func fieldRoot(name string) string {
	root, _, _ := strings.Cut(name, "[")
	return root
}
