package config

import (
	"crypto/x509"
	"path/filepath"
)

// roots reads ca_file: a file of certificates that are trusted beside the
// system's own. It may lie anywhere.
func (l *loader) roots(s *section) []byte {
	path := s.text("ca_file")
	if path == "" {
		if s.node("ca_file") != nil && !l.in.NoEnv {
			l.fail(s.at("ca_file"), relativePaths, "ca_file is the path of a file.")
		}
		return nil
	}
	if l.in.StandIn != nil {
		return nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.dir, path)
	}
	content, err := l.readFile(path)
	if err != nil {
		l.fail(s.at("ca_file"), relativePaths, "The file of ca_file can't be read: %s.", bare(err))
		return nil
	}
	if !x509.NewCertPool().AppendCertsFromPEM(content) {
		l.fail(s.at("ca_file"), "Such a file begins with -----BEGIN CERTIFICATE-----; name one, or make one with openssl x509 -outform pem.", "The file of ca_file holds no PEM certificate.")
		return nil
	}
	return content
}
