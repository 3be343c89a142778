package outbound

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/internal/secret"
)

func testScrubber(t *testing.T) *scrubber {
	return newScrubber(&Plan{
		Secrets: map[string]secret.Text{"env:A": secret.New(`canary "1" &ø`), "env:SHORT": secret.New("short"), "env:LONG": secret.New("canary-two-" + strings.Repeat("x", 100))},
		Webhooks: map[string]*Webhook{"w": {
			Auth: Auth{Kind: BasicAuth, Username: "u", Password: secret.New("canary-three")},
			Sign: Signing{Keys: []Key{mustKey(t, "canary-four-canary")}},
		}, "b": {Auth: Auth{Kind: BearerAuth, Token: secret.New("canary-five")}}, "h": {Auth: Auth{Kind: HeaderAuth, Value: secret.New("canary-six")}}},
	})
}

func TestScrubberMasksWhatIsEchoed(t *testing.T) {
	const a = `canary "1" &ø`
	s := testScrubber(t)
	for _, echoed := range []string{
		a, `{"k":"canary \"1\" &ø"}`, url.QueryEscape(a), url.PathEscape(a), "canary-two-" + strings.Repeat("x", 100),
		"Basic " + base64.StdEncoding.EncodeToString([]byte("u:canary-three")), "canary-three", "canary-four-canary", "Bearer canary-five", "canary-six",
	} {
		got, _ := s.body([]byte("<<"+echoed+">> short"), mostBodyKept)
		if strings.Contains(string(got), "canary") || !strings.Contains(string(got), mask) || !strings.HasSuffix(string(got), ">> short") {
			t.Errorf("%s became %s", echoed, got)
		}
	}
}

func TestScrubberKnowsTheSpellingsOfOthers(t *testing.T) {
	s := newScrubber(&Plan{Secrets: map[string]secret.Text{
		"env:HOOK": secret.New("https://hooks.example.com/services/T000/canary?token=canary%2Fone&n=2"),
		"env:KEY":  secret.New("canary/two&three<four five"),
	}})
	for _, echoed := range []string{
		"POST /services/T000/canary?token=canary%2Fone&n=2 HTTP/1.1",
		"moved to https://www.example.com/services/T000/canary",
		`{"path":"\/services\/T000\/canary"}`,
		`{"token":"canary/one"}`, `{"token":"canary\/one"}`,
		"GET /canary/two&three%3Cfour%20five HTTP/1.1",
		`{"key":"canary\/two&three<four five"}`,
		`{"key":"canary/two\u0026three\u003cfour five"}`,
		`{"key":"canary\/two\u0026three\u003cfour five"}`,
	} {
		if got := s.text(echoed); strings.Contains(got, "canary") || !strings.Contains(got, mask) {
			t.Errorf("%s became %s", echoed, got)
		}
	}
	if got := s.text("https://hooks.example.com/ services n=2"); got != "https://hooks.example.com/ services n=2" {
		t.Errorf("masked what is no secret: %s", got)
	}
}

func TestScrubberNeverCutsASecretInTwo(t *testing.T) {
	s := testScrubber(t)
	secret := "canary-two-" + strings.Repeat("x", 100)
	for before := range 150 {
		raw := []byte(strings.Repeat(".", before) + secret + strings.Repeat("-", 200))
		got, truncated := s.body(raw, 128)
		if bytes.Contains(got, []byte("canary")) || len(got) > 128 || !truncated {
			t.Fatalf("after %d bytes: %s", before, got)
		}
	}
	if got, truncated := s.body([]byte("0123456789"), 10); string(got) != "0123456789" || truncated {
		t.Errorf("got %s, %v", got, truncated)
	}
}

// escapes are what receivers put around what they repeat.
var escapes = map[string]func(string) string{
	"none":               func(s string) string { return s },
	"JSON":               func(s string) string { return inner(quoteJSON(s)) },
	"JSON, for HTML":     func(s string) string { b, _ := json.Marshal(s); return inner(b) },
	"JSON, slashes too":  func(s string) string { return strings.ReplaceAll(inner(quoteJSON(s)), "/", `\/`) },
	"JSON, ASCII alone":  func(s string) string { return inUnits(s, `\u%04x`) },
	"JSON, in capitals":  func(s string) string { return inUnits(s, `\u%04X`) },
	"form":               url.QueryEscape,
	"form, lower hex":    func(s string) string { return lowerHex.ReplaceAllStringFunc(url.QueryEscape(s), strings.ToLower) },
	"path":               url.PathEscape,
	"percent":            func(s string) string { return eachByte(s, "%%%02X") },
	"percent, lower hex": func(s string) string { return eachByte(s, "%%%02x") },
	"HTML":               html.EscapeString,
	"HTML, decimal":      func(s string) string { return eachRune(s, "&#%d;") },
	"HTML, hexadecimal":  func(s string) string { return eachRune(s, "&#x%X;") },
	"quoted":             func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] },
	"quoted for a shell": func(s string) string { return eachByte(s, `\x%02x`) },
}

var lowerHex = regexp.MustCompile("%..")

func eachByte(s, format string) (out string) {
	for i := range len(s) {
		out += fmt.Sprintf(format, s[i])
	}
	return out
}

func eachRune(s, format string) (out string) {
	for _, r := range s {
		out += fmt.Sprintf(format, r)
	}
	return out
}

func inUnits(s, format string) (out string) {
	for _, u := range utf16.Encode([]rune(s)) {
		out += fmt.Sprintf(format, u)
	}
	return out
}

// codes are what a whole is written in. Something stands around the secret.
var codes = map[string]func(string) string{
	"as it is":        func(s string) string { return s },
	"base64":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"of a URL":        func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64, 2nd":     func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte("u" + s + "v")) },
	"base64, 3rd":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte("uv" + s + "w")) },
	"of a URL, 2nd":   func(s string) string { return base64.URLEncoding.EncodeToString([]byte("user" + s)) },
	"of a URL, 3rd":   func(s string) string { return base64.URLEncoding.EncodeToString([]byte("users" + s)) },
	"hex":             func(s string) string { return hex.EncodeToString([]byte(s)) },
	"hex in capitals": func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
}

var echoedSecrets = []string{`canary "1" &ø/+<x>`, `cÄn😀y\path%41 'q'=`, "ÿÿ>>>???~", "12345678"}

// Whatever a receiver makes of what it got: nothing but a few characters of base64,
// which stand for what is around the secret, too, is left of it.
func TestScrubberMasksEveryEncoding(t *testing.T) {
	t.Parallel()
	for _, value := range echoedSecrets {
		s := newScrubber(&Plan{Secrets: map[string]secret.Text{"env:A": secret.New(value)}})
		for _, sent := range spellings(value) {
			for code, encode := range codes {
				for first, once := range escapes {
					for second, twice := range escapes {
						if code != "as it is" && second != "none" && second != "form" {
							continue // all of it, but not all with all
						}
						around := 0
						if strings.HasPrefix(code, "b") || strings.HasPrefix(code, "o") {
							around = max(len(twice(once("=========="))), len(twice(once("zzzzzzzzzz"))))
						}
						echoed := twice(once(encode(sent)))
						got, _ := s.body([]byte("<< "+echoed+" >>"), mostBodyKept)
						rest := strings.Replace(string(got), mask, "", 1)
						if len(rest) == len(got) || len(rest) > len("<<  >>")+around {
							t.Fatalf("%s, sent as %s, in %s, %s, %s: %s became %s", value, sent, code, first, second, echoed, got)
						}
					}
				}
			}
		}
	}
}

// Where the limit of what is kept, or the receiver itself, cuts a secret in two, its
// start isn't kept either.
func TestScrubberMasksTheStartOfASecret(t *testing.T) {
	const value, before, limit = `canary "1" &ø/+<x>`, "....", 4096
	s := newScrubber(&Plan{Secrets: map[string]secret.Text{"env:A": secret.New(value)}})
	for _, code := range []string{"as it is", "base64", "hex in capitals"} {
		for escape, once := range escapes {
			echoed := once(codes[code](value))
			short := len(once(`"zzz`)) // three characters, and a part of the next
			for n := 1; n < len(echoed); n++ {
				pad := strings.Repeat(".", limit-n)
				if got, truncated := s.body([]byte(pad+echoed+"...."), limit); string(got) != pad || !truncated {
					t.Errorf("%s, %s: limited to %d of %s, it ends with %s", code, escape, n, echoed, got[limit-n:])
				}
				got, _ := s.body([]byte(before+echoed[:n]), limit)
				if rest := strings.TrimPrefix(string(got), before); rest != mask && len(rest) > short {
					t.Errorf("%s, %s: cut off after %d of %s, %s is kept", code, escape, n, echoed, got)
				}
			}
		}
	}
}

// What net/http quotes of an answer may end anywhere in it.
func TestScrubberMasksWhatIsQuotedInPart(t *testing.T) {
	s := newScrubber(&Plan{Secrets: map[string]secret.Text{"env:A": secret.New(`canary "two" three`)}})
	for text, want := range map[string]string{
		`malformed HTTP status code "canary"`:         `malformed HTTP status code "(sensitive)"`,
		`malformed HTTP version "canary \"two\"" !`:   `malformed HTTP version "(sensitive)" !`,
		`malformed MIME header line: canary "two" th`: `malformed MIME header line: (sensitive)`,
		`malformed HTTP response "SSH-2.0-OpenSSH"`:   `malformed HTTP response "SSH-2.0-OpenSSH"`,
		`a "can" or a "cana"`:                         `a "can" or a "(sensitive)"`,
	} {
		if got := s.words(text); got != want {
			t.Errorf("%s became %s", text, got)
		}
	}
	if got := s.words(strings.Repeat("x", mostWords-5) + "canary"); strings.HasSuffix(got, "cana") || len(got) > 2*mostWords {
		t.Errorf("it ends with %s", got[len(got)-20:])
	}
}

func TestSpansThatOverlapAreMaskedAsOne(t *testing.T) {
	s := newScrubber(&Plan{Secrets: map[string]secret.Text{"a": secret.New("abcdefghijkl"), "b": secret.New("ijklmnopqrst"), "c": secret.New("defghijk")}})
	if got := s.text("<abcdefghijklmnopqrst> abcdefghijklabcdefghijkl"); got != "<"+mask+"> "+mask+mask {
		t.Errorf("got %s", got)
	}
}

func FuzzScrubber(f *testing.F) {
	f.Add("before ", "after", 10)
	f.Add(`\u00`, "%2", 40)
	f.Add("&#", "+\\", 3)
	f.Fuzz(func(t *testing.T, before, after string, limit int) {
		const value = "canary/two&three<four"
		s := newScrubber(&Plan{Secrets: map[string]secret.Text{"env:A": secret.New(value)}})
		if limit < 0 {
			return
		}
		for _, sent := range spellings(value) {
			raw := before + sent + after
			got, _ := s.body([]byte(raw), limit)
			if strings.Contains(string(got), "canary") && !strings.Contains(before+after, "canary") || len(got) > limit {
				t.Errorf("%q, to %d, became %q", raw, limit, got)
			}
			if got := s.text(raw); strings.Contains(got, sent) {
				t.Errorf("%q became %q", raw, got)
			}
		}
	})
}

func FuzzCleanIsInert(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[31mred", "a\r\nb", "\xff\xfe", "\u202egnp.exe", strings.Repeat("ø", 400), "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s, longestError)
		if len(got) > longestError || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !inert.Shows(r) }) {
			t.Errorf("%q became %q", s, got)
		}
		if h := headerSafe(s); HasControl(h) || strings.ContainsFunc(h, func(r rune) bool { return r > '~' }) {
			t.Errorf("%q became the header %q", s, h)
		} else if back, err := url.PathUnescape(h); err != nil || back != s {
			t.Errorf("%q came back as %q, %v", s, back, err)
		}
	})
}
