package outbound

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
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
