package outbound

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	stripe "github.com/stripe/stripe-go/v82/webhook"
)

const (
	vectorID   = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorTime = 1614265330
	vectorBody = `{"test": 2432232314}`
	everybody  = "It's a Secret to Everybody"
)

// macOf is a signature of Standard Webhooks, made without our code.
func macOf(text string) string {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(testSecret, "whsec_"))
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func signing(t testing.TB, s *Scheme, secrets ...string) Signing {
	t.Helper()
	out := Signing{Scheme: s}
	for _, text := range secrets {
		k, _, err := s.Key(text)
		if err != nil {
			t.Fatal(err)
		}
		out.Keys = append(out.Keys, k)
	}
	return out
}

// message is one that is about to be signed.
func message(t testing.TB, method, address, id string, at int64, body string) *Message {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	m := &Message{Method: method, URL: u, Header: http.Header{}, Body: []byte(body)}
	m.Header.Set("webhook-id", id)
	m.Header.Set("webhook-timestamp", strconv.FormatInt(at, 10))
	return m
}

// own is a scheme of its own parts.
func own(t testing.TB, s Scheme, prefix, content string) *Scheme {
	t.Helper()
	var err error
	if s.Prefix, err = NewPrefix(prefix); err != nil {
		t.Fatal(err)
	}
	if s.Content, err = NewContent(content); err != nil {
		t.Fatal(err)
	}
	return &s
}

func TestSignMatchesPublishedVectors(t *testing.T) {
	convoy := Scheme{Name: "hmac", Header: "X-Convoy-Signature", Hash: crypto.SHA256}
	const charged = `{"event":"charge.success","amount":1000,"currency":"NGN"}`
	for _, tt := range []struct {
		name, id, body string // of a GET the body is the address
		at             int64
		scheme         *Scheme
		secret         string
		want           string
	}{
		{"the specification's libraries", vectorID, vectorBody, vectorTime, Standard, testSecret, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{"the Rust library", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", `{"email":"test@example.com","username":"test_user"}`, 1649367553, Standard,
			"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="},
		{"empty body", vectorID, "", vectorTime, Standard, testSecret, "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A="},
		{"text beyond ASCII", vectorID, `{"name":"Zoë ✓"}`, vectorTime, Standard, testSecret, "v1,vT3tN68XcRInbQKUomiMDHFgj+JsG9OroWEdDcWGJ5M="},
		{"form", vectorID, "email=a%40b.co&name=Zo%C3%AB", vectorTime, Standard, testSecret, "v1,OOz6kj7crx7LP74qDnHemmeyiS9VnKiiLbhEkR9rzIE="},
		{"a query as the form", vectorID, "https://h/p?email=a%40b.co&name=Zo%C3%AB", vectorTime, Standard, testSecret, "v1,OOz6kj7crx7LP74qDnHemmeyiS9VnKiiLbhEkR9rzIE="},
		{"ed25519", vectorID, vectorBody, vectorTime, Standard, testPrivate,
			"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="},
		{"GitHub's documentation", "evt_1", "Hello, World!", vectorTime, GitHub, everybody, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
		{"SQLPage's test of Shopify", "evt_1", `{"id":1234567890,"email":"customer@example.com","total_price":"123.45"}`, vectorTime, Shopify,
			"test-webhook-secret", "QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw="},
		{"as Stripe over Convoy's body", "evt_1", charged, 1700000000, Stripe,
			"convoy-webhook-secret", "t=1700000000,v1=1cdbc3c8e883cd0e7f835821ed2e653289f427834f450f3380838d85c082a16d"},
		{"Convoy's simple one", "evt_1", charged, 1700000000, own(t, convoy, "", "{body}"), "convoy-webhook-secret", "244449b7f48cbc2709060c9dcdc2b3aa47a78f540430579015c579fb12defbb4"},
		{"Convoy's advanced one", "evt_1", charged, 1700000000, own(t, convoy, "t={timestamp},v1=", "{timestamp},{body}"),
			"convoy-webhook-secret", "t=1700000000,v1=77b8b9269f25a199846a55a2bd25b3fba151c70fdae60bb1dcd87fbbc943c55c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := message(t, "POST", "https://h/p", tt.id, tt.at, tt.body)
			if strings.HasPrefix(tt.body, "https://") {
				m = message(t, "GET", tt.body, tt.id, tt.at, "")
			}
			s := signing(t, tt.scheme, tt.secret)
			s.Sign(m)
			if got := m.Header.Get(tt.scheme.Header); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if err := s.Verify(m, time.Unix(tt.at, 0), time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
}

// What a signature of one's own may cover, told by a MAC made by hand.
func TestSignCoversWhatTheContentSays(t *testing.T) {
	m := message(t, "PUT", "https://h:8443?b=1&a=%2F", "evt_1", vectorTime, "x")
	for content, want := range map[string]string{
		"{body}":                      "x",
		"{id}.{timestamp}.{body}":     "evt_1.1614265330.x",
		"v0:{timestamp}:{body}{body}": "v0:1614265330:xx",
		"{method} {url}\n{body}":      "PUT https://h:8443/?b=1&a=%2F\nx",
	} {
		s := signing(t, own(t, Scheme{Header: "X-S", TimestampHeader: "X-T", Hash: crypto.SHA512, Base64: true}, "p={id} ", content), everybody)
		s.Sign(m)
		h := hmac.New(crypto.SHA512.New, []byte(everybody))
		h.Write([]byte(want))
		if got := m.Header.Get("X-S"); got != "p=evt_1 "+base64.StdEncoding.EncodeToString(h.Sum(nil)) || m.Header.Get("X-T") != "1614265330" {
			t.Errorf("%s: got %s", content, m.Header)
		}
		if got := string(s.By().Signed(m)); got != want {
			t.Errorf("%s: signed %q", content, got)
		}
		if err := s.Verify(m, time.Unix(vectorTime, 0), time.Minute); err != nil {
			t.Errorf("%s: %v", content, err)
		}
	}
}

func TestStandardSatisfiesThePublicLibrary(t *testing.T) {
	old, fresh := "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", testSecret
	m := message(t, "POST", "https://h/", "evt_1", time.Now().Unix(), `{"a":1}`)
	signing(t, Standard, old, testPrivate, fresh).Sign(m)
	for _, secret := range []string{old, fresh} {
		judge, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := judge.Verify(m.Body, m.Header); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
		if judge.Verify([]byte(`{"a":2}`), m.Header) == nil {
			t.Errorf("%s: another body passed", secret)
		}
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.Fields(m.Header.Get("webhook-signature"))[1], "v1a,"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(testPublic, "whpk_"))
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(public, []byte("evt_1."+m.Header.Get("webhook-timestamp")+`.{"a":1}`), signature) {
		t.Error("the public half refuses what the private one signed")
	}
}

func TestStripeSatisfiesItsLibrary(t *testing.T) {
	old, fresh := "whsec_abcdefghijklmnopqrstuvwxyz012345", "whsec_ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	m := message(t, "POST", "https://h/", "evt_1", time.Now().Unix(), `{"a":1}`)
	signing(t, Stripe, old, fresh).Sign(m)
	for _, secret := range []string{old, fresh} {
		if err := stripe.ValidatePayload(m.Body, m.Header.Get("Stripe-Signature"), secret); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
		if stripe.ValidatePayload([]byte(`{"a":2}`), m.Header.Get("Stripe-Signature"), secret) == nil {
			t.Errorf("%s: another body passed", secret)
		}
	}
	if stripe.ValidatePayload(m.Body, m.Header.Get("Stripe-Signature"), "whsec_another") == nil {
		t.Error("another secret passed")
	}
}

// And the other way round: what the library signs, we take.
func TestVerifyTakesWhatStripesLibrarySigns(t *testing.T) {
	const secret = "whsec_abcdefghijklmnopqrstuvwxyz012345"
	now := time.Now()
	signed := stripe.GenerateTestSignedPayload(&stripe.UnsignedPayload{Payload: []byte(`{"a":1}`), Secret: secret, Timestamp: now})
	m := message(t, "POST", "https://h/", "evt_1", 1, `{"a":1}`)
	m.Header.Set("Stripe-Signature", signed.Header+",v0="+strings.Repeat("0", 64))
	if err := signing(t, Stripe, secret).Verify(m, now, time.Minute); err != nil {
		t.Error(err)
	}
}

func TestEachSchemeIsKnownByItsHeader(t *testing.T) {
	for _, s := range schemes {
		m := message(t, "POST", "https://h/", "evt_1", vectorTime, "x")
		if got := SchemeOf(m.Header); got != nil {
			t.Errorf("an unsigned one is taken for %s", got.Name)
		}
		signing(t, s, everybody).Sign(m)
		if got := SchemeOf(m.Header); got != s || SchemeNamed(s.Name) != s {
			t.Errorf("%s is taken for %v", s.Name, got)
		}
	}
	if SchemeNamed("hmac") != nil {
		t.Error("hmac needs more than a name")
	}
}

func TestSchemesSayWhatTheyCover(t *testing.T) {
	whole := own(t, Scheme{}, "", "{url}")
	for _, tt := range []struct {
		s      *Scheme
		method string
		want   bool
	}{{Standard, "POST", true}, {GitHub, "GET", true}, {whole, "GET", true}, {whole, "POST", false}, {own(t, Scheme{}, "", "{id}"), "GET", false}} {
		if got := tt.s.Covers(tt.method); got != tt.want {
			t.Errorf("%s of %q: %t", tt.method, tt.s.Content, got)
		}
	}
}

func TestBadPatternsAreRefused(t *testing.T) {
	for text, why := range map[string]string{
		"{bodi}": "{bodi} means nothing here", "{body": "a { is not closed", "a}b": "a } closes nothing here",
		"{{body}}": "{{body} means nothing here", "{}": "{} means nothing here", "${body}}": "a } closes nothing here",
	} {
		if _, err := NewContent(text); err == nil || !strings.HasPrefix(err.Error(), why) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, why := range map[string]string{"{body}": "{body} means nothing here, only {id}, {timestamp} do", "{url}": "{url} means nothing here", "a\r\nX: y": "a header can't hold"} {
		if _, err := NewPrefix(text); err == nil || !strings.HasPrefix(err.Error(), why) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "a", "{id}", "a{timestamp}{id}b"} {
		p, err := NewPrefix(text)
		if err != nil || p.String() != text {
			t.Errorf("%q became %q, %v", text, p, err)
		}
	}
}

// Whatever the scheme, the bytes that go out are the ones that are signed.
func TestEachSchemeSignsWhatIsSent(t *testing.T) {
	own := own(t, Scheme{Name: "hmac", Header: "X-S", Hash: crypto.SHA256}, "", "{url} {body}")
	for _, scheme := range append([]*Scheme{own}, schemes...) {
		for name, change := range map[string]func(*Webhook){
			"json": func(*Webhook) {}, "form": func(w *Webhook) { w.Encoding = Form }, "GET": func(w *Webhook) { w.Method, w.Encoding = "GET", Form },
		} {
			w := hook(t, "w", "https://h/p?own=1")
			w.Sign = signing(t, scheme, everybody)
			change(w)
			r := request1(t, plan(w), w, someDelivery("w"))
			sent := r.http(t.Context())
			if err := w.Sign.Verify(MessageOf(sent, r.body), time.Unix(vectorTime, 0), 0); err != nil {
				t.Errorf("%s, %s: %v", scheme.Name, name, err)
			}
			for _, header := range []string{"webhook-id", "webhook-timestamp", "webhook-event"} {
				if sent.Header.Get(header) == "" {
					t.Errorf("%s, %s: no %s", scheme.Name, name, header)
				}
			}
			if name == "GET" {
				sent.URL.RawQuery += "&more=1"
			}
			if w.Sign.Verify(MessageOf(sent, append(r.body, ' ')), time.Unix(vectorTime, 0), 0) == nil {
				t.Errorf("%s, %s: another payload passes", scheme.Name, name)
			}
		}
	}
}

// What a key keeps for further signatures is of the hash that they ask for.
func TestAKeySignsByOneHashAfterAnother(t *testing.T) {
	used := mustKey(t, everybody)
	m := &Message{Method: http.MethodPost, Header: http.Header{headerID: {"evt_1"}, headerTimestamp: {"1700000000"}}, Body: []byte("{}")}
	for _, by := range []crypto.Hash{crypto.SHA256, crypto.SHA512, crypto.SHA512, crypto.SHA1, crypto.SHA256, crypto.SHA256} {
		s := &Scheme{Name: "hmac", Header: "X-Signature", Hash: by, Content: mustPattern("{id}.{body}")}
		want := hmac.New(by.New, []byte(everybody))
		want.Write([]byte("evt_1.{}"))
		Signing{Scheme: s, Keys: []Key{used}}.Sign(m)
		if got := m.Header.Get("X-Signature"); got != hex.EncodeToString(want.Sum(nil)) {
			t.Errorf("%s: %s", by, got)
		}
	}
}
