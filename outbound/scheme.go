package outbound

import (
	"crypto"
	_ "crypto/sha1" // receivers that exist already ask for it; as a MAC it is not broken
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"net/http"
	"strings"
)

// A Scheme is how a signature is made, sent and checked. It is immutable.
type Scheme struct {
	Name            string
	Header          string      // that carries it
	TimestampHeader string      // that carries its timestamp as well; empty: webhook-timestamp alone
	Hash            crypto.Hash // of the HMAC
	Base64          bool        // else hexadecimal
	Prefix          Pattern     // what stands before it
	Content         Pattern     // what it is made over

	mark    string // before each signature
	between string // several signatures; empty: there can be only one
	pairs   string // before each ed25519 signature; empty: secrets are texts, and shared
}

// The schemes that need no more than a name.
var (
	// Standard is that of Standard Webhooks.
	Standard = &Scheme{
		Name: "standard", Header: "Webhook-Signature", Hash: crypto.SHA256, Base64: true,
		Content: mustPattern("{id}.{timestamp}.{body}"), mark: "v1,", between: " ", pairs: "v1a,",
	}
	// GitHub is that of GitHub's webhooks.
	GitHub = &Scheme{
		Name: "github", Header: "X-Hub-Signature-256", Hash: crypto.SHA256,
		Prefix: mustPattern("sha256="), Content: mustPattern("{body}"),
	}
	// Stripe is that of Stripe's webhooks.
	Stripe = &Scheme{
		Name: "stripe", Header: "Stripe-Signature", Hash: crypto.SHA256,
		Prefix: mustPattern("t={timestamp},"), Content: mustPattern("{timestamp}.{body}"), mark: "v1=", between: ",",
	}
	// Shopify is that of Shopify's webhooks.
	Shopify = &Scheme{
		Name: "shopify", Header: "X-Shopify-Hmac-Sha256", Hash: crypto.SHA256, Base64: true,
		Content: mustPattern("{body}"),
	}
)

// schemes are those that a request's headers tell apart.
var schemes = []*Scheme{Standard, GitHub, Stripe, Shopify}

// SchemeNamed finds a scheme that needs no more than a name; nil: there is none.
func SchemeNamed(name string) *Scheme {
	for _, s := range schemes {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// SchemeOf finds the scheme that headers were signed by; nil: by none that is
// known by its header.
func SchemeOf(h http.Header) *Scheme {
	for _, s := range schemes {
		if h.Get(s.Header) != "" {
			return s
		}
	}
	return nil
}

// Headers are the names of those that a signature writes.
func (s *Scheme) Headers() []string {
	if s.TimestampHeader == "" {
		return []string{s.Header}
	}
	return []string{s.Header, s.TimestampHeader}
}

// Several tells whether several secrets can sign one request.
func (s *Scheme) Several() bool { return s.between != "" }

// Covers tells whether a signature is made over the payload of requests of a
// method.
func (s *Scheme) Covers(method string) bool {
	return s.Content.has(holeBody) || method == http.MethodGet && s.Content.has(holeURL)
}

// Key reads a signing secret as the scheme takes it: Standard as NewKey does,
// the others as the bytes of the text, whatever it begins with. plain tells that
// they are these bytes.
func (s *Scheme) Key(text string) (k Key, plain bool, err error) {
	if s.pairs != "" {
		return NewKey(text)
	}
	if strings.HasPrefix(text, privatePrefix) || strings.HasPrefix(text, publicPrefix) {
		return Key{}, false, errors.New(`keys that begin with whsk_ or whpk_ are for signature "standard": this one takes a secret that both sides have`)
	}
	k, err = newShared(text)
	return k, true, err
}

// ReceiverKey reads what a receiver checks with: a secret, or a public key.
func (s *Scheme) ReceiverKey(text string) (Key, error) {
	if s.pairs != "" {
		k, _, err := readKey(text)
		return k, err
	}
	k, _, err := s.Key(text)
	return k, err
}
