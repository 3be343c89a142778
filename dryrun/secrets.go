package dryrun

import (
	"bytes"
	"encoding/json"
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
	names  map[string]string // mark → name of the secret, such as env:PD_KEY; empty: it stands in the files
	whole  map[string]string // mark → the address that it stands for with its scheme
	fixed  []string          // secrets that stand in the files, as they may be sent
}

func newMasks(e *event.Event, settings []config.Setting) *masks {
	m := &masks{prefix: "xsecret", names: map[string]string{}, whole: map[string]string{}}
	for _, s := range settings {
		if s.Text == hidden && s.Value != nil {
			m.hide(s.Value)
		}
	}
	for bytes.Contains(bytes.ToLower(e.Data), []byte(m.prefix)) || strings.Contains(strings.ToLower(e.Type+e.Source), m.prefix) {
		m.prefix += "x"
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
	var value string
	switch n := n.(type) {
	case *expr.Literal:
		if json.Unmarshal(n.JSON, &value) != nil {
			return
		}
	case *expr.Template:
		for _, p := range n.Text.Parts {
			value += p.Literal
		}
	}
	if value == "" {
		return
	}
	quoted, err := json.Marshal(value)
	if err != nil {
		return
	}
	m.fixed = append(m.fixed, value, string(quoted[1:len(quoted)-1]), url.QueryEscape(value))
}

// words turns the marks in s into what word says of their names.
func (m *masks) words(s string, word func(name string) string) string {
	var pairs []string
	for mark, name := range m.names {
		if address := m.whole[mark]; address != "" {
			pairs = append(pairs, address, word(name))
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

// url is a URL with marks. One that begins with a secret has its scheme in it:
// then the mark is a whole address.
func (m *masks) url(text expr.Text, p *outbound.Plan) (*outbound.URL, error) {
	u, err := outbound.NewURL(text, func(name string) (string, bool) { return p.Secrets[name].Reveal(), true })
	if err == nil {
		return u, nil
	}
	return outbound.NewURL(text, func(name string) (string, bool) {
		mark := p.Secrets[name].Reveal()
		if len(text.Parts) == 0 || text.Parts[0].Secret != name {
			return mark, true
		}
		address := "https://" + mark
		if m.whole[mark] = address; len(text.Parts) == 1 {
			m.whole[mark] += "/" // it is sent with one, of which the secret knows
		}
		return address, true
	})
}
