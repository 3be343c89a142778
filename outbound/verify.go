package outbound

import (
	"crypto/ed25519"
	"crypto/hmac"
	"encoding/base64"
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
	return s.Inspect(m, now, tolerance).Err
}

// A Finding is what there is to say about the signature of a request.
type Finding struct {
	Signed    []byte    // the text under it; nil: the headers don't tell it
	Timestamp time.Time // that is signed; zero: none is, or it can't be read
	Key       int       // place of the key that signed; -1: none of them
	Fault     Fault
	Err       error // nil: it is valid
}

// A Fault is why a signature is not valid.
type Fault string

// The faults. A request can have several; the first of them is told.
const (
	Unsigned     Fault = "unsigned"      // there is no signature
	Malformed    Fault = "malformed"     // what should hold it has another form
	BadTimestamp Fault = "bad_timestamp" // it is missing, or not a number
	TooOld       Fault = "too_old"
	TooEarly     Fault = "too_early"
	Mismatch     Fault = "mismatch" // with every key
)

func (f Finding) because(fault Fault, format string, args ...any) Finding {
	f.Fault, f.Err = fault, fmt.Errorf(format, args...)
	return f
}

// Inspect is Verify for people: it looks at all of a signature, also where the
// first thing is wrong already.
func (s Signing) Inspect(m *Message, now time.Time, tolerance time.Duration) Finding {
	f, scheme := Finding{Key: -1}, s.By()
	value := m.Header.Get(scheme.Header)
	if value == "" {
		return f.because(Unsigned, "there is no header %s", scheme.Header)
	}
	timestamp, signatures, ok := scheme.Prefix.cut(value, m)
	if !ok {
		return f.because(Malformed, "%s does not begin with %s", scheme.Header, scheme.Prefix)
	}
	if timestamp == "" {
		timestamp = m.Header.Get(scheme.timestampHeader())
	}
	f.Signed = scheme.signed(m, timestamp)
	for one := range scheme.split(signatures) {
		if f.Key = slices.IndexFunc(s.Keys, func(k Key) bool { return scheme.matches(k, one, m, timestamp) }); f.Key >= 0 {
			break
		}
	}
	if scheme.Content.has(holeTimestamp) {
		if f = f.dated(timestamp, now, tolerance); f.Err != nil {
			return f
		}
	}
	if f.Key < 0 {
		return f.because(Mismatch, "no signature matches: the secret is another one, or what it covers was changed on the way")
	}
	return f
}

// dated reads the timestamp, and refuses one that is too far from now.
func (f Finding) dated(timestamp string, now time.Time, tolerance time.Duration) Finding {
	seconds, err := strconv.ParseUint(timestamp, 10, 62)
	if err != nil {
		return f.because(BadTimestamp, "the timestamp is not a number of seconds")
	}
	f.Timestamp = time.Unix(int64(seconds), 0)
	switch off := now.Sub(f.Timestamp); {
	case off > tolerance:
		return f.because(TooOld, "the timestamp is too old: %s, more than %s", off.Round(time.Second), tolerance)
	case off < -tolerance:
		return f.because(TooEarly, "the timestamp is too far in the future: %s, more than %s", (-off).Round(time.Second), tolerance)
	}
	return f
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
	mac := k.mac(s.Hash)
	defer k.macs.Put(mac)
	return found && err == nil && hmac.Equal(sum, mac.of(s, m, timestamp))
}
