package outbound

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// TLSSettings are a webhook's own, as the configuration has them.
type TLSSettings struct {
	Cert, Key  []byte // of the client, PEM; nil, both: none
	CA         []byte // roots trusted beside the system's and those of Egress, PEM; nil: those alone
	ServerName string // asked for and verified; empty: the URL's host
	MinVersion uint16 // 0: TLS 1.2
}

// A TLS is how one webhook's receiver is spoken to. It prints nothing of its key.
type TLS struct {
	certificate *tls.Certificate // nil: none
	ca          []byte
	serverName  string
	minVersion  uint16
	digest      string // tells its pool of connections from others
}

// What can be wrong with a client's certificate.
var (
	ErrCertificate = errors.New("there is no certificate in PEM form")
	ErrKey         = errors.New("there is no private key in PEM form, or it is encrypted")
	ErrKeyPair     = errors.New("the key is not that of the certificate")
)

// NewTLS parses settings. Errors are ErrCertificate, ErrKey or ErrKeyPair.
func NewTLS(s TLSSettings) (*TLS, error) {
	t := &TLS{ca: s.CA, serverName: s.ServerName, minVersion: max(s.MinVersion, tls.VersionTLS12)}
	if len(t.ca) > 0 {
		t.ca = append([]byte("\n"), t.ca...) // it goes behind those of Egress
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %d ", t.ca, t.serverName, t.minVersion)
	if s.Cert != nil {
		pair, err := keyPair(s.Cert, s.Key)
		if err != nil {
			return nil, err
		}
		t.certificate = &pair
		fmt.Fprintf(h, "%q", pair.Certificate) // its key is no other as long as it is the same
	}
	t.digest = hex.EncodeToString(h.Sum(nil))
	return t, nil
}

func keyPair(cert, key []byte) (tls.Certificate, error) {
	pair, err := tls.X509KeyPair(cert, key)
	switch {
	case err == nil:
		return pair, nil
	case !x509.NewCertPool().AppendCertsFromPEM(cert):
		return pair, ErrCertificate
	case !holdsKey(key):
		return pair, ErrKey
	}
	return pair, ErrKeyPair
}

// holdsKey tells whether the first private key of a PEM text can be read.
func holdsKey(text []byte) bool {
	for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
		if strings.HasSuffix(b.Type, "PRIVATE KEY") {
			_, pkcs8 := x509.ParsePKCS8PrivateKey(b.Bytes)
			_, pkcs1 := x509.ParsePKCS1PrivateKey(b.Bytes)
			_, ec := x509.ParseECPrivateKey(b.Bytes)
			return pkcs8 == nil || pkcs1 == nil || ec == nil
		}
	}
	return false
}

// Format keeps the key out of everything that is printed.
func (t *TLS) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("(tls)")) }

// Equal tells whether two speak alike.
func (t *TLS) Equal(o *TLS) bool { return t.key() == o.key() }

// key is that of a pool of connections.
func (t *TLS) key() string {
	if t == nil {
		return ""
	}
	return t.digest
}

// config is what a pool needs. The receiver gets the certificate whichever
// authorities it says it knows: its refusal then says more than silence.
func (t *TLS) config(egressCA []byte) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	ca := egressCA
	if t != nil {
		ca = slices.Concat(egressCA, t.ca)
		c.ServerName, c.MinVersion = t.serverName, t.minVersion
		if t.certificate != nil {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return t.certificate, nil }
		}
	}
	var err error
	c.RootCAs, err = rootsWith(ca)
	return c, err
}
