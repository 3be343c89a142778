package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"time"
)

// An authority is a throw-away certificate authority with one certificate. Its
// keys are never written anywhere.
type authority struct {
	roots  []byte // the CA's certificate, PEM
	server tls.Certificate
}

// authorityLife is how long its certificates are good for.
const authorityLife = 30 * 24 * time.Hour

// newAuthority vouches for localhost, the loopback addresses, and host.
func newAuthority(host string, now time.Time) (*authority, error) {
	ca := certificate("Postern throw-away CA", now)
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("throw-away CA: %w", err)
	}
	caRaw, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return nil, fmt.Errorf("throw-away CA: %w", err)
	}

	leaf := certificate("Postern receiver", now)
	leaf.KeyUsage, leaf.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf.DNSNames = []string{"localhost"}
	leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = append(leaf.IPAddresses, ip)
	} else if host != "" {
		leaf.DNSNames = append(leaf.DNSNames, host)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("throw-away certificate: %w", err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		return nil, fmt.Errorf("throw-away certificate: %w", err)
	}
	return &authority{
		roots:  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caRaw}),
		server: tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key},
	}, nil
}

func certificate(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), // for clocks that differ
		NotAfter:  now.Add(authorityLife),
	}
}

// config is what a TLS server needs.
func (a *authority) config() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{a.server}, MinVersion: tls.VersionTLS12}
}
