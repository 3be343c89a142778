package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/outbound"
)

const lineBreak = "A line break or a tab is the usual cause: take it out where the value is kept."

// reserved headers are written by Postern or belong to one connection.
var reserved = []string{"host", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
	"te", "trailer", "transfer-encoding", "upgrade"}

var reservedPrefixes = []string{"content-", "webhook-"}

// headers reads the headers of a webhook.
func (l *loader) headers(s *section) []outbound.Header {
	var headers []outbound.Header
	first := map[string]hcl.Range{}
	for _, f := range l.texts(s, "headers") {
		if why := badHeader(f.name); why != nil {
			l.failWith(f.at, why)
			continue
		}
		if before, twice := first[strings.ToLower(f.name)]; twice {
			l.fail(f.at, standsAt(before)+" Capitals and small letters make no difference.", "The header %q stands twice.", f.name)
			continue
		}
		first[strings.ToLower(f.name)] = f.at
		if t, ok := l.toText(f.value, "A header"); ok && l.fitsHeader(f.value.at(), t) {
			headers = append(headers, outbound.Header{Name: f.name, Value: t})
		}
	}
	return headers
}

// badHeader says what is wrong with a header's name.
func badHeader(name string) error {
	lower := strings.ToLower(name)
	switch {
	case name == "" || strings.ContainsFunc(name, func(r rune) bool { return !tokenRune(r) }):
		return fault{"The name of a header is letters, digits and !#$%&'*+-.^_`|~.", `Write it like "X-Campaign".`}
	case slices.Contains(reserved, lower) || slices.ContainsFunc(reservedPrefixes, func(p string) bool { return strings.HasPrefix(lower, p) }):
		return fault{"The header " + name + " is reserved: it is written by Postern.", "Remove it, or choose another name."}
	}
	return nil
}

// tokenRune: RFC 9110, section 5.6.2.
func tokenRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// fitsHeader looks at all that is known of a header's value before an event.
func (l *loader) fitsHeader(at hcl.Range, t expr.Text) bool {
	ok := true
	for _, p := range t.Parts {
		value, what := p.Literal, "A header"
		if p.Secret != "" {
			value, _ = l.secretValue(p.Secret)
			what = "The value of " + p.Secret
		}
		if outbound.HasControl(value) {
			l.fail(at, lineBreak, "%s holds a control character.", what)
			ok = false
		}
	}
	return ok
}

// checkHeaders: what auth and signature send is not sent twice.
func (l *loader) checkHeaders(s *section, w *outbound.Webhook) {
	l.checkWritten(s, "auth", authHeader(w))
	if w.Sign.Scheme != nil && s.node("secret") != nil {
		l.checkWritten(s, "signature", w.Sign.Scheme.Headers()...)
	}
}

func (l *loader) checkWritten(s *section, block string, names ...string) {
	for _, f := range l.texts(s, "headers") {
		for _, name := range names {
			if name != "" && strings.EqualFold(f.name, name) {
				l.fail(f.at, "Remove the one or the other.", "The header %s is written by the %s block.", name, block)
			}
		}
	}
}

// authHeader is the header that auth writes; empty: none.
func authHeader(w *outbound.Webhook) string {
	switch w.Auth.Kind {
	case outbound.BasicAuth, outbound.BearerAuth, outbound.OAuth2:
		return "Authorization"
	case outbound.HeaderAuth:
		return w.Auth.Header
	}
	return ""
}
