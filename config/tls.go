package config

import (
	"crypto/tls"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/posternhq/postern/outbound"
)

const pemMark = "-----BEGIN "

// tls reads how a webhook's receiver is spoken to; nil: as all others.
func (l *loader) tls(s *section) *outbound.TLS {
	s = s.nested("tls", tlsBody)
	if s == nil {
		return nil
	}
	settings := outbound.TLSSettings{
		CA:         l.roots(s),
		ServerName: parsed(s, "server_name", "", parseServerName),
		MinVersion: chosen(s, "min_version", parseTLSVersion),
	}
	for _, pair := range [][2]string{{"cert", "key"}, {"key", "cert"}} {
		if s.node(pair[0]) != nil && s.attrs[pair[1]] == nil {
			l.fail(s.at(pair[0]), "Write "+examples[pair[1]]+" beside it, or remove this line.", "%s has no effect without %s.", pair[0], pair[1])
		}
	}
	if cert, key := l.pem(s, "cert"), l.pem(s, "key"); cert != nil && key != nil {
		settings.Cert, settings.Key = cert, key
	}
	t, err := outbound.NewTLS(settings)
	switch {
	case errors.Is(err, outbound.ErrCertificate):
		l.fail(s.at("cert"), "Such a text begins with -----BEGIN CERTIFICATE-----.", "There is no certificate in it that can be read.")
	case errors.Is(err, outbound.ErrKey):
		l.fail(s.at("key"), "Such a text begins with -----BEGIN PRIVATE KEY-----; take a passphrase off with openssl pkey.", "There is no private key in it that can be read without a passphrase.")
	case err != nil:
		l.fail(s.at("key"), "Name the two that were made together; in cert, the client's own certificate comes first.", "The key is not that of the certificate.")
	}
	return t
}

// pem is a text in PEM form: as it is, or from the file that is named. nil: none,
// not known, or a bad one.
func (l *loader) pem(s *section, name string) []byte {
	r, ok := l.scalar(s.node(name), name+" is a text.")
	path := l.pemPath(r)
	switch {
	case !ok || path != "" && l.in.NoEnv && l.withinSecrets(resolved(path)):
		return nil
	case strings.Contains(r.text, pemMark):
		if name == "key" && !r.sensitive {
			l.conceal(r.text)
			l.warnLiteral(s.at(name), name, r.text)
		}
		return []byte(r.text)
	case path == "":
		l.fail(s.at(name), "Write "+examples[name]+", the path of a file, or plain(…) around a secret that is one.", "%s is a text in PEM form.", name)
		return nil
	}
	content, err := l.readFile(path)
	if err != nil {
		l.fail(s.at(name), relativePaths, "The file of %s can't be read: %s.", name, bare(err))
		return nil
	}
	return content
}

// pemPath is the path that stands for its content; empty: it is none. A secret
// is no path: it would be told where files are listed.
func (l *loader) pemPath(r reading) string {
	switch {
	case r.text == "" || r.sensitive || strings.Contains(r.text, pemMark):
		return ""
	case filepath.IsAbs(r.text):
		return r.text
	}
	return filepath.Join(l.dir, r.text)
}

func parseServerName(text string) (string, error) {
	if _, err := netip.ParseAddr(text); err != nil && !hostName.MatchString(text) {
		return "", fault{"server_name is the name of a host, without scheme and port.", `Write it like "api.example.com".`}
	}
	return strings.TrimSuffix(text, "."), nil
}

// tlsVersions are in the order of their numbers, from TLS 1.2 on.
var tlsVersions = []string{"1.2", "1.3"}

func parseTLSVersion(text string) (uint16, error) {
	for i, v := range tlsVersions {
		if v == text {
			return tls.VersionTLS12 + uint16(i), nil
		}
	}
	return 0, fault{"min_version is " + oneOf(tlsVersions) + ".", "Older versions are not secure: have the receiver renewed."}
}

// checkTLS warns of what has no effect.
func (l *loader) checkTLS(s *section, w *outbound.Webhook) {
	if b := s.child("tls"); b != nil && w.URL != nil && w.URL.Scheme() == "http" {
		l.warn(b.DefRange(), "Use https, or remove it.", "This tls block has no effect: the URL is plain http.")
	}
}
