package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/posternhq/postern/outbound"
)

// A keyring checks the signatures of requests. The zero value has no secret.
type keyring struct {
	texts []string          // secrets, for any scheme
	only  *outbound.Signing // that of one webhook; nil: what the headers say
}

// newKeyring takes secrets of flags and files.
func newKeyring(texts, files []string) (keyring, error) {
	k := keyring{texts: texts}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			return k, fmt.Errorf("--secret-file: %w", err)
		}
		k.texts = append(k.texts, trimLine(string(raw)))
	}
	for i, text := range k.texts {
		if _, err := outbound.Standard.ReceiverKey(text); err != nil {
			return k, usageError{fmt.Sprintf("secret %d: %v", i+1, err)}
		}
	}
	return k, nil
}

var (
	errUnsigned  = errors.New("unsigned")
	errUnchecked = errors.New("unchecked") // for want of a secret
)

// check verifies a request, and tells by which scheme it is signed; empty: by
// none that is known.
func (k keyring) check(m *outbound.Message, now time.Time) (scheme string, err error) {
	s := k.signing(m)
	if s.Scheme == nil || m.Header.Get(s.Scheme.Header) == "" {
		return "", errUnsigned
	}
	if !s.On() {
		return s.Scheme.Name, errUnchecked
	}
	return s.Scheme.Name, s.Verify(m, now, tolerance)
}

// signing is how a request should be signed. A secret that its scheme can't
// take is not its secret.
func (k keyring) signing(m *outbound.Message) outbound.Signing {
	if k.only != nil {
		return *k.only
	}
	s := outbound.Signing{Scheme: outbound.SchemeOf(m.Header)}
	if s.Scheme == nil {
		return s
	}
	for _, text := range k.texts {
		if key, err := s.Scheme.ReceiverKey(text); err == nil {
			s.Keys = append(s.Keys, key)
		}
	}
	return s
}
