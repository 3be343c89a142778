package outbound

import (
	"crypto/ed25519"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Verify checks the signature of a request that was received against any of
// the keys. A timestamp that is signed may be off by tolerance, either way.
func (s Signing) Verify(m *Message, now time.Time, tolerance time.Duration) error {
	scheme := s.By()
	value := m.Header.Get(scheme.Header)
	if value == "" {
		return fmt.Errorf("there is no header %s", scheme.Header)
	}
	timestamp, signatures, ok := scheme.Prefix.cut(value, m)
	if !ok {
		return fmt.Errorf("%s does not begin with %s", scheme.Header, scheme.Prefix)
	}
	if timestamp == "" {
		timestamp = m.Header.Get(scheme.timestampHeader())
	}
	if scheme.Content.has(holeTimestamp) {
		if err := fresh(timestamp, now, tolerance); err != nil {
			return err
		}
	}
	for one := range scheme.split(signatures) {
		if slices.ContainsFunc(s.Keys, func(k Key) bool { return scheme.matches(k, one, m, timestamp) }) {
			return nil
		}
	}
	return errors.New("no signature matches: the secret is another one, or what it covers was changed on the way")
}

func (s *Scheme) timestampHeader() string {
	if s.TimestampHeader != "" {
		return s.TimestampHeader
	}
	return "webhook-timestamp"
}

func (s *Scheme) split(signatures string) iter.Seq[string] {
	if s.between == "" {
		return slices.Values([]string{signatures})
	}
	return strings.SplitSeq(signatures, s.between)
}

// matches tells whether one signature is that of a key. One of another version
// is for receivers that know it.
func (s *Scheme) matches(k Key, signature string, m *Message, timestamp string) bool {
	if k.kind != sharedKey {
		encoded, found := strings.CutPrefix(signature, s.pairs)
		sum, err := base64.StdEncoding.DecodeString(encoded)
		return found && err == nil && ed25519.Verify(k.public(), s.signed(m, timestamp), sum)
	}
	encoded, found := strings.CutPrefix(signature, s.mark)
	sum, err := s.decode(encoded)
	return found && err == nil && hmac.Equal(sum, s.mac(k, m, timestamp))
}

func fresh(timestamp string, now time.Time, tolerance time.Duration) error {
	seconds, err := strconv.ParseUint(timestamp, 10, 62)
	if err != nil {
		return errors.New("the timestamp is not a number of seconds")
	}
	off := now.Sub(time.Unix(int64(seconds), 0))
	switch {
	case off > tolerance:
		return fmt.Errorf("the timestamp is too old: %s, more than %s", off.Round(time.Second), tolerance)
	case off < -tolerance:
		return fmt.Errorf("the timestamp is too far in the future: %s, more than %s", (-off).Round(time.Second), tolerance)
	}
	return nil
}
