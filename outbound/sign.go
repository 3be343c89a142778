package outbound

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
)

// Signing says how requests are signed. The zero value doesn't.
type Signing struct {
	Scheme *Scheme // nil: Standard
	Keys   []Key   // each signs; none: unsigned
}

// A Message is a request as a signature sees it.
type Message struct {
	Method string
	URL    *url.URL // absolute
	Header http.Header
	Body   []byte // of a GET the query is signed in its place
}

// MessageOf is a request that was sent or received, with its body.
func MessageOf(r *http.Request, body []byte) *Message {
	m := &Message{Method: r.Method, URL: r.URL, Header: r.Header, Body: body}
	if !r.URL.IsAbs() {
		whole := *r.URL
		whole.Scheme, whole.Host = "http", r.Host
		if r.TLS != nil {
			whole.Scheme = "https"
		}
		m.URL = &whole
	}
	return m
}

func (m *Message) id() string { return m.Header.Get(headerID) }

func (m *Message) address() string { return m.URL.Scheme + "://" + m.URL.Host + m.URL.RequestURI() }

func (m *Message) payload() []byte {
	if m.Method == http.MethodGet {
		return []byte(m.URL.RawQuery)
	}
	return m.Body
}

// On tells whether requests are signed.
func (s Signing) On() bool { return len(s.Keys) > 0 }

// By is the scheme.
func (s Signing) By() *Scheme {
	if s.Scheme == nil {
		return Standard
	}
	return s.Scheme
}

// Sign puts the signatures of all keys into the headers of m, which has its
// webhook-id and webhook-timestamp.
func (s Signing) Sign(m *Message) {
	scheme, timestamp := s.By(), m.Header.Get(headerTimestamp)
	var space [160]byte
	value := scheme.Prefix.fill(space[:0], m, timestamp)
	for i, k := range s.Keys {
		if i > 0 {
			value = append(value, scheme.between...)
		}
		value = scheme.appendSignature(value, k, m, timestamp)
	}
	m.Header.Set(scheme.Header, string(value))
	if scheme.TimestampHeader != "" {
		m.Header.Set(scheme.TimestampHeader, timestamp)
	}
}

// Signed is the text under the signature of m.
func (s *Scheme) Signed(m *Message) []byte { return s.signed(m, m.Header.Get(headerTimestamp)) }

func (s *Scheme) signed(m *Message, timestamp string) []byte {
	return s.Content.fill(nil, m, timestamp)
}

func (s *Scheme) appendSignature(to []byte, k Key, m *Message, timestamp string) []byte {
	if k.kind == privateKey {
		to = append(to, s.pairs...)
		return base64.StdEncoding.AppendEncode(to, ed25519.Sign(ed25519.PrivateKey(k.bytes), s.signed(m, timestamp)))
	}
	to = append(to, s.mark...)
	mac := k.mac(s.Hash)
	defer k.macs.Put(mac)
	if s.Base64 {
		return base64.StdEncoding.AppendEncode(to, mac.of(s, m, timestamp))
	}
	return hex.AppendEncode(to, mac.of(s, m, timestamp))
}

// decode reads one signature of those that a header carries.
func (s *Scheme) decode(text string) ([]byte, error) {
	if s.Base64 {
		return base64.StdEncoding.DecodeString(text)
	}
	return hex.DecodeString(text)
}
