package dryrun

import (
	"bytes"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

// hidden stands for a secret whose source can't be named.
const hidden = "(sensitive)"

// accessToken is the name of a token that only a server has.
const accessToken = "oauth2:"

// Masks make a request of which no secret can be read: each is replaced, before
// the request is made, by a mark that no encoding changes. Then the marks can be
// turned into words.
type masks struct {
	prefix string            // of every mark; it occurs nowhere else
	port   int               // in place of a secret one; the event does not hold it
	names  map[string]string // mark → name of the secret, such as env:PD_KEY; empty: it stands in the files
	whole  map[string]standIn
	fixed  []string // secrets that stand in the files, as they may be sent
}

// A standIn is what is sent in place of a mark where a URL takes none.
type standIn struct{ before, text string } // before stays

func newMasks(e *event.Event, settings []config.Setting) *masks {
	m := &masks{prefix: "xsecret", port: 50_000, names: map[string]string{}, whole: map[string]standIn{}}
	for _, s := range settings {
		if s.Text == hidden && s.Value != nil {
			m.hide(s.Value)
		}
	}
	for bytes.Contains(bytes.ToLower(e.Data), []byte(m.prefix)) || strings.Contains(strings.ToLower(e.Type+e.Source), m.prefix) {
		m.prefix += "x"
	}
	for bytes.Contains(e.Data, strconv.AppendInt(nil, int64(m.port), 10)) {
		m.port++
	}
	return m
}

// mark is one for a secret of that name.
func (m *masks) mark(name string) string {
	mark := m.prefix + strconv.Itoa(len(m.names)) + "z"
	m.names[mark] = name
	return mark
}

// hide takes a fixed text of the files as a secret.
func (m *masks) hide(n expr.Node) {
	value := fixedText(n)
	if value == "" {
		return
	}
	inJSON := string(quoted(value))
	m.fixed = append(m.fixed, value, inJSON[1:len(inJSON)-1], url.QueryEscape(value))
}

// words turns the marks in s into what word says of their names.
func (m *masks) words(s string, word func(name string) string) string {
	var pairs []string
	for mark, name := range m.names {
		if in := m.whole[mark]; in.text != "" {
			pairs = append(pairs, in.before+in.text, in.before+word(name))
		}
		pairs = append(pairs, mark, word(name))
	}
	for _, value := range m.fixed {
		pairs = append(pairs, value, word(""))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// masked hides every secret.
func (m *masks) masked(s string) string {
	return m.words(s, func(string) string { return hidden })
}

// plan is p with marks for its secrets.
func (m *masks) plan(p *outbound.Plan) *outbound.Plan {
	out := *p
	out.Secrets = make(map[string]secret.Text, len(p.Secrets))
	for _, name := range slices.Sorted(maps.Keys(p.Secrets)) {
		out.Secrets[name] = secret.New(m.mark(name))
	}
	return &out
}

// webhook is w with marks for its credentials and in its URL. p is a plan made
// by plan.
func (m *masks) webhook(w *outbound.Webhook, p *outbound.Plan, settings []config.Setting) (*outbound.Webhook, error) {
	out := *w
	out.Auth.Password, out.Auth.Token, out.Auth.Value = secret.Text{}, secret.Text{}, secret.Text{}
	if out.Auth.Kind == outbound.OAuth2 {
		out.Auth.Token = secret.New(m.mark(accessToken)) // in place of one that would be fetched
	}
	for _, s := range settings {
		switch s.Name {
		case "auth.username":
			if s.Secret != "" {
				out.Auth.Username = m.mark(s.Secret)
			}
		case "auth.password":
			if !w.Auth.Password.Empty() {
				out.Auth.Password = secret.New(m.mark(s.Secret))
			}
		case "auth.token":
			out.Auth.Token = secret.New(m.mark(s.Secret))
		case "auth.value":
			out.Auth.Value = secret.New(m.mark(s.Secret))
		case "url":
			u, err := m.url(s.Value.(*expr.Template).Text, p)
			if err != nil {
				return nil, err
			}
			out.URL = u
		}
	}
	return &out, nil
}

// url is a URL with marks, or with what stands in for them.
func (m *masks) url(text expr.Text, p *outbound.Plan) (*outbound.URL, error) {
	u, err := outbound.NewURL(text, func(name string) (string, bool) { return p.Secrets[name].Reveal(), true })
	if err == nil {
		return u, nil
	}
	parts := slices.Clone(text.Parts)
	for i, part := range parts {
		if part.Secret != "" {
			parts[i] = expr.Part{Literal: m.standIn(p.Secrets[part.Secret].Reveal(), parts, i)}
		}
	}
	return outbound.NewURL(expr.Text{Parts: parts}, nil)
}

// standIn is what a URL takes where part i is the secret of a mark.
func (m *masks) standIn(mark string, parts []expr.Part, i int) string {
	switch config.RoleInURL(parts, i) {
	case config.IsScheme:
		return "https"
	case config.IsAddress:
		address := standIn{text: "https://" + mark}
		if m.whole[mark] = address; len(parts) == 1 {
			m.whole[mark] = standIn{text: address.text + "/"} // it is sent with one, of which the secret knows
		}
		return address.text
	case config.IsIPv6:
		m.whole[mark] = standIn{before: "[", text: "2001:db8::5ec"}
		return m.whole[mark].text
	case config.IsPort:
		m.whole[mark] = standIn{before: ":", text: strconv.Itoa(m.port)}
		return m.whole[mark].text
	case config.IsPath:
		m.whole[mark] = standIn{text: "/" + mark}
		return m.whole[mark].text
	}
	return mark
}
