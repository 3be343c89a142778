package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

// sign reads the secrets that a webhook's requests are signed with: one, or
// several while they are rotated.
func (l *loader) sign(name string, s *section, scheme *outbound.Scheme) (keys []outbound.Key, texts []string) {
	n := s.node("secret")
	if n == nil {
		return nil, nil
	}
	if isEmpty(n) {
		return l.signStored(name, n, scheme)
	}
	keys, readings := l.keys(n, scheme)
	for _, r := range readings {
		texts = append(texts, r.text)
		if _, kept := l.gen.Literal[name]; !kept && !r.sensitive {
			l.gen.Literal[name] = secret.New(r.text)
		}
	}
	return keys, texts
}

// keys reads one secret, or a list of them, each with what was found of it.
func (l *loader) keys(n node, scheme *outbound.Scheme) (keys []outbound.Key, readings []reading) {
	items := []node{n}
	if several, ok := n.(*array); ok {
		items = several.items
		if len(items) == 0 {
			l.fail(n.at(), "Leave secret out to send requests unsigned.", "This list of secrets is empty.")
		}
	}
	if len(items) > 1 && scheme != nil && !scheme.Several() {
		l.fail(items[1].at(), "It sends one signature: keep the secret that the receiver has.", "Signature %q takes one secret, not a list of %d.", scheme.Name, len(items))
	}
	for _, item := range items {
		r, ok := l.scalar(item, "A secret is one text, or a list of them.")
		if !ok {
			continue
		}
		if !r.sensitive {
			l.conceal(r.text)
		}
		if key, ok := l.key(item, r, scheme); ok {
			keys, readings = append(keys, key), append(readings, r)
		}
	}
	return keys, readings
}

func isEmpty(n node) bool {
	fixed, ok := n.(*literal)
	return ok && fixed.kind == stringKind && fixed.text == ""
}

// signStored: secret = "" keeps the secret that the webhook has.
func (l *loader) signStored(name string, n node, scheme *outbound.Scheme) ([]outbound.Key, []string) {
	if l.in.NoEnv || l.partial || scheme == nil { // the data directory may stand elsewhere
		return nil, nil
	}
	stored, err := l.in.Stored(l.gen.Agent.DataDir, name)
	if err != nil {
		l.fail(n.at(), "", "%s", sentence(err.Error()))
		return nil, nil
	}
	if stored.Empty() {
		l.fail(n.at(), fmt.Sprintf("Run `postern secret set %s`, or write secret = env(\"…\").", name), "There is no stored secret to keep.")
		return nil, nil
	}
	key, _, err := scheme.Key(stored.Reveal())
	if err != nil {
		l.fail(n.at(), fmt.Sprintf("Run `postern secret set %s`.", name), "The stored secret can't sign: %s", sentence(err.Error()))
		return nil, nil
	}
	return []outbound.Key{key}, []string{stored.Reveal()}
}

func (l *loader) key(n node, r reading, scheme *outbound.Scheme) (outbound.Key, bool) {
	switch {
	case r.text == "":
		l.fail(n.at(), "Remove it from the list, or give it a value.", "An empty secret signs nothing.")
		return outbound.Key{}, false
	case scheme == nil:
		return outbound.Key{}, false
	}
	key, plain, err := scheme.Key(r.text)
	if err != nil {
		l.failWith(n.at(), err)
		return key, false
	}
	if plain && (r.sensitive || !variablePattern.MatchString(r.text)) {
		l.warnBytes(n.at(), r.text, scheme)
	}
	if !r.sensitive {
		l.warnLiteral(n.at(), "secret", r.text)
	}
	return key, true
}

// warnBytes is for a secret whose bytes are the key, where receivers may take it
// for something else. Stripe's begin with whsec_, and mean their bytes.
func (l *loader) warnBytes(at hcl.Range, text string, scheme *outbound.Scheme) {
	switch {
	case scheme == outbound.Standard:
		l.warn(at, "Libraries that verify Standard Webhooks would decode it as base64: tell the receiver to use its bytes, or use whsec_ and base64.",
			"This secret does not begin with whsec_: its bytes are the key.")
	case scheme != outbound.Stripe && strings.HasPrefix(text, "whsec_"):
		l.warn(at, "The receiver has to use the text as it stands, too.", "In signature %q, whsec_ means nothing: the bytes of the whole text are the key.", scheme.Name)
	}
}
