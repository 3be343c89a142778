package outbound

import (
	"crypto/ed25519"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
)

const (
	sharedPrefix   = "whsec_"
	privatePrefix  = "whsk_"
	publicPrefix   = "whpk_"
	shortestSecret = 16 // bytes, after decoding
)

// A Key signs, or of a pair the public half checks. It prints as "(sensitive)".
type Key struct {
	kind  keyKind
	bytes string
	macs  *sync.Pool // of *mac, by a shared one
}

type keyKind int

const (
	sharedKey  keyKind = iota // of HMAC: both sides have it
	privateKey                // of ed25519: seed and public half
	publicKey                 // of ed25519
)

// NewKey reads a signing secret as Standard Webhooks writes it: whsec_ and
// base64, whsk_ and the base64 of an ed25519 private key, or any other text as
// its bytes. It is an error if what both sides share has fewer than 16 bytes.
// plain tells that it is other text.
func NewKey(text string) (k Key, plain bool, err error) {
	if strings.HasPrefix(text, publicPrefix) {
		return Key{}, false, errors.New("a whpk_ key is the public half, with which receivers check signatures: whsk_ begins the one that signs")
	}
	return readKey(text)
}

// readKey takes public keys as well.
func readKey(text string) (k Key, plain bool, err error) {
	for _, prefix := range []string{sharedPrefix, privatePrefix} {
		if strings.HasPrefix(text, "v1,"+prefix) || strings.HasPrefix(text, "v1a,"+prefix) {
			return Key{}, false, fmt.Errorf("a signing secret begins with %s: leave out what stands before it", prefix)
		}
	}
	for _, form := range keyForms {
		encoded, found := strings.CutPrefix(text, form.prefix)
		if !found {
			continue
		}
		raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
		if err != nil {
			return Key{}, false, fmt.Errorf("what follows %s is not base64: copy the secret again, or leave out %[1]s if it is plain text", form.prefix)
		}
		k, err = form.read(string(raw))
		return k, false, err
	}
	k, err = newShared(text)
	return k, true, err
}

// keyForms are the ways in which Standard Webhooks writes keys.
var keyForms = []struct {
	prefix string
	read   func(raw string) (Key, error)
}{{sharedPrefix, newShared}, {privatePrefix, newPrivate}, {publicPrefix, newPublic}}

func newShared(raw string) (Key, error) {
	if n := len(raw); n < shortestSecret {
		return Key{}, fmt.Errorf("a signing secret needs at least %d bytes, this one has %d: make one with: openssl rand -base64 32", shortestSecret, n)
	}
	return Key{kind: sharedKey, bytes: raw, macs: new(sync.Pool)}, nil
}

// newPrivate takes the seed alone, as OpenSSL gives it out, or with the public
// half behind it.
func newPrivate(raw string) (Key, error) {
	if len(raw) != ed25519.SeedSize && len(raw) != ed25519.PrivateKeySize {
		return Key{}, fmt.Errorf("what follows whsk_ is an ed25519 private key of %d or %d bytes, not of %d", ed25519.SeedSize, ed25519.PrivateKeySize, len(raw))
	}
	whole := string(ed25519.NewKeyFromSeed([]byte(raw[:ed25519.SeedSize])))
	if !strings.HasPrefix(whole, raw) {
		return Key{}, errors.New("the two halves of this whsk_ key do not belong together: copy it again")
	}
	return Key{kind: privateKey, bytes: whole}, nil
}

func newPublic(raw string) (Key, error) {
	if len(raw) != ed25519.PublicKeySize {
		return Key{}, fmt.Errorf("what follows whpk_ is an ed25519 public key of %d bytes, not of %d", ed25519.PublicKeySize, len(raw))
	}
	return Key{kind: publicKey, bytes: raw}, nil
}

// public is the half of a pair that checks.
func (k Key) public() ed25519.PublicKey {
	if k.kind == privateKey {
		return ed25519.PublicKey(k.bytes[ed25519.SeedSize:])
	}
	return ed25519.PublicKey(k.bytes)
}

// Equal compares in constant time.
func (k Key) Equal(o Key) bool {
	return k.kind == o.kind && hmac.Equal([]byte(k.bytes), []byte(o.bytes))
}

// Format keeps the key out of everything that is printed.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }
