package config

import (
	"crypto"
	"strings"

	"github.com/posternhq/postern/outbound"
)

// signature reads how requests are signed, if they are; nil after a problem.
func (l *loader) signature(s *section) *outbound.Scheme {
	own, block := l.variantOf(s, signatureBlock)
	switch {
	case block == nil:
		return outbound.Standard
	case own == nil:
		return nil
	case block.Labels[0] == "hmac":
		return l.hmac(own)
	}
	return outbound.SchemeNamed(block.Labels[0])
}

// HashNamed finds the hash of an HMAC by its name in a configuration; zero: there
// is none.
func HashNamed(name string) crypto.Hash { return hashes[name] }

var hashes = map[string]crypto.Hash{"sha256": crypto.SHA256, "sha512": crypto.SHA512, "sha1": crypto.SHA1}

// hmac reads a scheme that is put together; nil after a problem with what it is
// made over.
func (l *loader) hmac(s *section) *outbound.Scheme {
	h := &outbound.Scheme{
		Name:            "hmac",
		Header:          l.headerName(s, "header"),
		TimestampHeader: l.headerName(s, "timestamp_header"),
		Hash:            hashes[s.choice("algorithm")],
		Base64:          s.choice("encoding") == "base64",
	}
	if s.require("header") && s.isNull("header") {
		l.fail(s.at("header"), "Write "+examples["header"]+", or remove the block.", "%s can't be null.", "header")
	}
	if h.Header != "" && strings.EqualFold(h.Header, h.TimestampHeader) {
		l.fail(s.at("timestamp_header"), "Choose another name.", "This is the header of the signature itself.")
	}
	var before, within bool
	h.Prefix, before = s.pattern("prefix", outbound.NewPrefix)
	h.Content, within = s.pattern("content", outbound.NewContent)
	if !before || !within {
		return nil
	}
	return h
}

// headerName is the name of a header that Postern doesn't write otherwise; empty
// where none is known.
func (l *loader) headerName(s *section, name string) string {
	text, ok := s.opened(name)
	if !ok {
		return ""
	}
	if why := badHeader(text); why != nil {
		l.failWith(s.at(name), why)
		return ""
	}
	return text
}

// pattern is a text with places for what a request holds; ok is false after a
// problem with them.
func (s *section) pattern(name string, parse func(string) (outbound.Pattern, error)) (p outbound.Pattern, ok bool) {
	text, known := s.opened(name)
	if !known {
		text = taken[takesText](s, name).fixed
	}
	p, err := parse(text)
	if err != nil {
		s.l.failWith(s.at(name), err)
	}
	return p, err == nil
}

// checkSignature: a signature has a secret, covers the payload, and its headers
// are its own.
func (l *loader) checkSignature(s *section, w *outbound.Webhook) {
	if b := s.child("signature"); b != nil && !l.partial && (!s.has("secret") || s.isNull("secret")) {
		l.fail(b.DefRange(), `Write secret = env("…"), or remove this block.`, "This webhook has no secret to sign with.")
	}
	own, _ := l.variantOf(s, signatureBlock)
	if own == nil || w.Sign.Scheme == nil || s.node("secret") == nil {
		return
	}
	if !w.Sign.Scheme.Covers(w.Method) {
		l.fail(own.at("content"), "Write {body} into it. For a GET, whose payload is in its query, {url} will do.", "This leaves the payload unsigned.")
	}
	for _, name := range w.Sign.Scheme.Headers() {
		if name != "" && strings.EqualFold(name, authHeader(w)) {
			l.fail(own.header, "Give one of them another name.", "The header %s is written by the auth block already.", name)
		}
	}
}
