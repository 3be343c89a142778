package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/outbound"
)

// A doubt looks for the reason why a signature is not valid.
type doubt struct {
	signing   outbound.Signing
	texts     []string // the secrets as they were given; nil: they can't be read otherwise
	capture   *capture
	tolerance time.Duration
}

// hints say what to look at, the likeliest first.
func (d doubt) hints(f outbound.Finding) (hints []string) {
	switch f.Fault {
	case outbound.Unsigned, outbound.Malformed:
		return d.otherScheme()
	case outbound.BadTimestamp:
		return []string{"the time of the attempt is signed, and has to be there as it was sent: unix seconds in " + d.timestampHeader()}
	case outbound.TooOld, outbound.TooEarly:
		hints = append(hints, "--at TIME checks it as of its arrival, --tolerance takes more; if it was sent just now, a clock is wrong")
	}
	if f.Key >= 0 {
		return hints
	}
	if hint := d.changed(); hint != "" {
		return append(hints, hint)
	}
	return append(hints, d.guesses()...)
}

func (d doubt) timestampHeader() string {
	if d.signing.Scheme.TimestampHeader != "" {
		return d.signing.Scheme.TimestampHeader
	}
	return "webhook-timestamp"
}

// otherScheme tells of a signature of another kind.
func (d doubt) otherScheme() (hints []string) {
	if other := outbound.SchemeOf(d.capture.message.Header); other != nil && other != d.signing.Scheme {
		return []string{fmt.Sprintf("there is %s: it is signed by the scheme %s", other.Header, other.Name)}
	}
	return unknownHeaders(d.capture.message.Header)
}

// changed finds the change that makes the signature valid; empty: none of those
// that are known does.
func (d doubt) changed() string {
	for _, other := range d.otherBodies() {
		if d.matches(d.signing.Keys, other.body) {
			return "it matches " + other.change
		}
	}
	for i, text := range d.texts {
		for _, other := range otherReadings(d.signing.Scheme, text) {
			if d.matches([]outbound.Key{other.key}, d.capture.message.Body) {
				return fmt.Sprintf("it matches secret %d %s", i+1, other.reading)
			}
		}
	}
	return ""
}

func (d doubt) matches(keys []outbound.Key, body []byte) bool {
	m := *d.capture.message
	m.Body = body
	return outbound.Signing{Scheme: d.signing.Scheme, Keys: keys}.Inspect(&m, d.capture.at, d.tolerance).Key >= 0
}

// An otherBody is the body as it may have been sent.
type otherBody struct {
	body   []byte
	change string
}

// otherBodies are what editors, shells and frameworks make other bodies of.
func (d doubt) otherBodies() (all []otherBody) {
	body := d.capture.message.Body
	if d.capture.message.Method == http.MethodGet {
		return nil // its query is signed
	}
	add := func(other []byte, change string) {
		if !bytes.Equal(other, body) {
			all = append(all, otherBody{other, change})
		}
	}
	add(bytes.TrimRight(body, "\r\n"), "without the line end behind the body: an editor, or echo, has added it")
	add(append(bytes.Clone(body), '\n'), "with a line feed behind the body: $(…) in a shell, or an editor, has taken it away")
	add(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), "with LF in place of CR LF in the body: something has changed its line ends")
	add(bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n")), "with CR LF in place of LF in the body: something has changed its line ends")
	add(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), "without the byte order mark before the body: an editor has added it")
	var short bytes.Buffer
	if json.Compact(&short, body) == nil {
		add(bytes.Clone(short.Bytes()), "with the JSON on one line and without spaces: it was decoded and encoded again; check the bytes as they came")
		var escaped bytes.Buffer
		json.HTMLEscape(&escaped, short.Bytes())
		add(escaped.Bytes(), `with <, > and & in the JSON as \u003c and the like: it was decoded and encoded again; check the bytes as they came`)
		add(bytes.TrimSpace(body), "without the space around the JSON: an editor has added it")
	}
	add(nil, "with no body: the receiver had read it before, or kept another one")
	return all
}

// An otherKey is a secret as the sender may have understood it.
type otherKey struct {
	key     outbound.Key
	reading string
}

func otherReadings(s *outbound.Scheme, text string) (all []otherKey) {
	add := func(by *outbound.Scheme, text, reading string) {
		if key, err := by.ReceiverKey(text); err == nil {
			all = append(all, otherKey{key, reading})
		}
	}
	if trimmed := strings.TrimSpace(text); trimmed != text {
		add(s, trimmed, "without the space around it")
	}
	add(s, text+"\n", "with the line end that its file has: the sender has taken it for a part of the secret")
	add(outbound.Shopify, text, "when the bytes of the whole text are the key: the sender does not decode what follows whsec_")
	if encoded, found := strings.CutPrefix(text, "whsec_"); found {
		add(outbound.Standard, text, "when what follows whsec_ is decoded: the sender does so, though its scheme takes the text")
		add(outbound.Shopify, encoded, "when the text that follows whsec_ is the key: the sender does not decode it")
		return all
	}
	add(outbound.Standard, "whsec_"+text, "when it is decoded as base64: write whsec_ before it")
	return all
}

// guesses are what remains when nothing that was tried makes it valid.
func (d doubt) guesses() (hints []string) {
	m := d.capture.message
	if hint := d.otherKind(); hint != "" {
		hints = append(hints, hint)
	}
	if n, err := strconv.Atoi(m.Header.Get("Content-Length")); err == nil && n != len(m.Body) {
		hints = append(hints, fmt.Sprintf("the body has %d bytes, and its Content-Length was %d: it is not the one that came", len(m.Body), n))
	}
	if holdsMask(m) {
		hints = append(hints, "(sensitive) stands where a secret was: Postern shows no secrets, so this is not what was sent")
	}
	if m.Header.Get("webhook-id") == "" && d.signing.Scheme == outbound.Standard {
		hints = append(hints, "the header webhook-id is signed as well, and is missing")
	}
	if m.Header.Get("Content-Encoding") != "" {
		hints = append(hints, "the body is compressed, and was signed as it came over the wire or before that: try both")
	}
	return append(hints, "compare the text above with what the sender signs; if it is the same, the secret is another one")
}

// otherKind tells of keys of a kind that no signature is of.
func (d doubt) otherKind() string {
	value := d.capture.message.Header.Get(d.signing.Scheme.Header)
	if d.signing.Scheme != outbound.Standard {
		return ""
	}
	var shared, pair bool
	for one := range strings.FieldsSeq(value) {
		shared = shared || strings.HasPrefix(one, "v1,")
		pair = pair || strings.HasPrefix(one, "v1a,")
	}
	switch {
	case !shared && !pair:
		return "its versions are none that is known: v1 is HMAC-SHA256, v1a is ed25519"
	case !shared:
		return "it is an ed25519 signature (v1a): check it with the public key, which begins with whpk_"
	case !pair && d.pairsOnly():
		return "it is an HMAC signature (v1): check it with the secret that both sides have, not with a public key"
	}
	return ""
}

// pairsOnly tells whether every key that was given is half of a pair.
func (d doubt) pairsOnly() bool {
	for _, text := range d.texts {
		if !strings.HasPrefix(text, "whpk_") && !strings.HasPrefix(text, "whsk_") {
			return false
		}
	}
	return len(d.texts) > 0
}

func holdsMask(m *outbound.Message) bool {
	const mask = "(sensitive)"
	return bytes.Contains(m.Body, []byte(mask)) || strings.Contains(m.URL.RawQuery, "sensitive")
}

// looksSigned tells whether a header may have a signature, by its name.
func looksSigned(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "signature") || strings.Contains(name, "hmac")
}
