package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

// auth reads the auth block.
func (l *loader) auth(s *section) outbound.Auth {
	own, block := l.authOf(s)
	if own == nil {
		return outbound.Auth{}
	}
	switch block.Labels[0] {
	case "basic":
		return l.basicAuth(own)
	case "bearer":
		return l.bearerAuth(own)
	case "header":
		return l.headerAuth(own)
	case "oauth2":
		return l.oauthAuth(own)
	}
	return outbound.Auth{}
}

// authOf finds the auth block.
func (l *loader) authOf(s *section) (*section, *hclsyntax.Block) { return l.variantOf(s, authBlock) }

func (l *loader) basicAuth(s *section) outbound.Auth {
	a := outbound.Auth{Kind: outbound.BasicAuth, Username: s.text("username")}
	s.require("username")
	if strings.Contains(a.Username, ":") {
		l.fail(s.at("username"), "It would end there: ask the receiver for another username.", "A username can't hold a colon.")
	}
	if outbound.HasControl(a.Username) {
		l.fail(s.at("username"), lineBreak, "A username can't hold control characters.")
	}
	a.Password = l.credentialOf(s, "password", true)
	return a
}

func (l *loader) bearerAuth(s *section) outbound.Auth {
	return outbound.Auth{Kind: outbound.BearerAuth, Token: l.credentialOf(s, "token", false)}
}

func (l *loader) headerAuth(s *section) outbound.Auth {
	a := outbound.Auth{Kind: outbound.HeaderAuth, Header: s.text("name")}
	if s.require("name") && s.node("name") != nil && !l.in.NoEnv {
		if why := badHeader(a.Header); why != nil {
			l.failWith(s.at("name"), why)
		}
	}
	a.Value = l.credentialOf(s, "value", false)
	return a
}

// credentialOf reads what proves who is asking. It goes into a header.
func (l *loader) credentialOf(s *section, name string, mayBeEmpty bool) secret.Text {
	if !s.require(name) {
		return secret.Text{}
	}
	value, literal := s.secret(name)
	switch text := value.Reveal(); {
	case s.node(name) == nil:
		if l.folded[s.attrs[name]] != nil {
			l.fail(s.at(name), "Write "+examples[name]+", or remove the block.", "%s can't be null.", name)
		}
	case text == "" && !mayBeEmpty && !l.in.NoEnv:
		l.fail(s.at(name), "Write "+examples[name]+", or remove the block.", "%s can't be empty.", name)
	case outbound.HasControl(text):
		l.fail(s.at(name), lineBreak, "%s holds a control character.", name)
	case literal && text != "":
		l.warnLiteral(s.at(name), name, text)
	}
	return value
}

func (l *loader) oauthAuth(s *section) outbound.Auth {
	o := &outbound.OAuth{
		TokenURL:     l.tokenURL(s),
		ClientID:     s.text("client_id"),
		ClientSecret: l.credentialOf(s, "client_secret", false),
		Scopes:       each(s, "scopes", parseScope),
		Audience:     s.text("audience"),
	}
	if s.require("client_id") && o.ClientID == "" && !l.in.NoEnv {
		l.fail(s.at("client_id"), "Write "+examples["client_id"]+", or remove the block.", "%s can't be empty.", "client_id")
	}
	return outbound.Auth{Kind: outbound.OAuth2, OAuth: o}
}

// tokenURL is an address like a webhook's, but the same for all events.
func (l *loader) tokenURL(s *section) *outbound.URL {
	n := s.node("token_url")
	if !s.require("token_url") || n == nil {
		return nil
	}
	if _, known := l.scalar(n, "token_url is one address."); !known && (fromEvents(n) || !l.in.NoEnv) {
		return nil
	}
	t, ok := l.toText(n, "token_url")
	if !ok {
		return nil
	}
	u, err := l.newURL(t)
	if err != nil {
		l.failURL(s.at("token_url"), err)
		return nil
	}
	if u.Scheme() == "http" && !l.allowsHTTP && !l.partial {
		l.fail(s.at("token_url"), httpAdvice, "The server of tokens must use HTTPS.")
	}
	return u
}

func parseScope(text string) (string, error) {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		return "", fault{"A scope is one word, without spaces and quotes.", `Write each as an item of its own: scopes = ["read", "write"].`}
	}
	return text, nil
}
