package outbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	secretPrefix   = "whsec_"
	signatureV1    = "v1,"
	shortestSecret = 16 // bytes, after decoding
)

// A Key signs. It prints as "(sensitive)".
type Key struct{ bytes string }

// NewKey reads a signing secret: whsec_ and base64, or any other text as its
// bytes. It is an error if it decodes to fewer than 16 bytes. plain tells that
// it had no whsec_ prefix.
func NewKey(text string) (k Key, plain bool, err error) {
	if strings.HasPrefix(text, signatureV1+secretPrefix) {
		return Key{}, false, errors.New(`a signing secret begins with whsec_: leave out the "v1," before it`)
	}
	encoded, found := strings.CutPrefix(text, secretPrefix)
	if !found {
		return Key{text}, true, longEnough(len(text))
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return Key{}, false, errors.New("what follows whsec_ is not base64: copy the secret again, or leave out whsec_ if it is plain text")
	}
	return Key{string(raw)}, false, longEnough(len(raw))
}

// Equal compares in constant time.
func (k Key) Equal(o Key) bool { return hmac.Equal([]byte(k.bytes), []byte(o.bytes)) }

// Format keeps the key out of everything that is printed.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// Sign makes the value of webhook-signature: one v1 signature per key, over the
// id, the unix seconds of at, and the body.
func Sign(keys []Key, id string, at time.Time, body []byte) string {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(keys))
	for i, k := range keys {
		signatures[i] = signatureV1 + base64.StdEncoding.EncodeToString(k.mac(id, timestamp, body))
	}
	return strings.Join(signatures, " ")
}

// Verify checks the three webhook headers of a request against any of the keys.
// The timestamp may be off by tolerance, either way.
func Verify(keys []Key, id, timestamp, signatures string, body []byte, now time.Time, tolerance time.Duration) error {
	if err := fresh(timestamp, now, tolerance); err != nil {
		return err
	}
	for signature := range strings.SplitSeq(signatures, " ") {
		encoded, found := strings.CutPrefix(signature, signatureV1)
		if !found {
			continue // another version, for receivers that know it
		}
		sum, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			continue
		}
		for _, k := range keys {
			if hmac.Equal(sum, k.mac(id, timestamp, body)) {
				return nil
			}
		}
	}
	return errors.New("no signature matches: the secret is another one, or id, timestamp or body were changed on the way")
}

func (k Key) mac(id, timestamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(k.bytes))
	h.Write([]byte(id + "." + timestamp + "."))
	h.Write(body)
	return h.Sum(nil)
}

func longEnough(n int) error {
	if n < shortestSecret {
		return fmt.Errorf("a signing secret needs at least %d bytes, this one has %d: make one with: openssl rand -base64 32", shortestSecret, n)
	}
	return nil
}

func fresh(timestamp string, now time.Time, tolerance time.Duration) error {
	seconds, err := strconv.ParseUint(timestamp, 10, 62)
	if err != nil {
		return errors.New("webhook-timestamp is not a number of seconds")
	}
	off := now.Sub(time.Unix(int64(seconds), 0))
	switch {
	case off > tolerance:
		return fmt.Errorf("webhook-timestamp is too old: %s, more than %s", off.Round(time.Second), tolerance)
	case off < -tolerance:
		return fmt.Errorf("webhook-timestamp is too far in the future: %s, more than %s", (-off).Round(time.Second), tolerance)
	}
	return nil
}
