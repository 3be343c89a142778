package outbound

import (
	"crypto"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestVerifyRefuses(t *testing.T) {
	const good, public = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
	now, shared, pair := time.Unix(vectorTime, 0), []Key{mustKey(t, testSecret)}, []Key{mustKey(t, testPrivate)}
	half, err := Standard.ReceiverKey(testPublic)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, timestamp, signatures string
		now                         time.Time
		keys                        []Key
		ok                          bool
	}{
		{"one good among others", "1614265330", "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " + good + " v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=", now, shared, true},
		{"at the edge of the tolerance", "1614265330", good, now.Add(5 * time.Minute), shared, true},
		{"bare version", "1614265330", "v1,", now, shared, false},
		{"not base64", "1614265330", "v1,dawfeoifkpqwoekfpqoekf", now, shared, false},
		{"start of the right one", "1614265330", good[:20], now, shared, false},
		{"no signature", "1614265330", "", now, shared, false},
		{"another version", "1614265330", "v2" + good[2:], now, shared, false},
		{"too old", "1614265330", good, now.Add(5*time.Minute + time.Second), shared, false},
		{"from the future", "1614265330", good, now.Add(-5*time.Minute - time.Second), shared, false},
		{"fraction", "1614265330.0", good, now, shared, false},
		{"words", "invalid timestamp", good, now, shared, false},
		{"negative", "-1614265330", good, now, shared, false},
		{"another time", "1614265331", good, now, shared, false},
		{"no key", "1614265330", good, now, nil, false},
		{"by the private key", "1614265330", public, now, pair, true},
		{"by the public key", "1614265330", public, now, []Key{half}, true},
		{"by a key among others", "1614265330", "v1,AAAA " + public, now, append(shared, half), true},
		{"bare version of a pair", "1614265330", "v1a,", now, pair, false},
		{"start of the right one of a pair", "1614265330", public[:20], now, pair, false},
		{"of a pair at another time", "1614265331", public, now, pair, false},
		{"a pair's in the version of a secret", "1614265330", "v1" + public[3:], now, pair, false},
		{"a secret's in the version of a pair", "1614265330", "v1a" + good[2:], now, shared, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := message(t, "POST", "https://h/", vectorID, 0, vectorBody)
			m.Header.Set("webhook-timestamp", tt.timestamp)
			m.Header.Set("webhook-signature", tt.signatures)
			if err := (Signing{Keys: tt.keys}).Verify(m, tt.now, 5*time.Minute); (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Of each scheme, a request that was touched on its way is refused.
func TestVerifyRefusesWhatWasChanged(t *testing.T) {
	slack := own(t, Scheme{Name: "hmac", Header: "X-S", TimestampHeader: "X-T", Hash: crypto.SHA256}, "v0=", "v0:{timestamp}:{body}")
	whole := own(t, Scheme{Name: "hmac", Header: "X-S", Hash: crypto.SHA1, Base64: true}, "", "{method}{url}{id}{body}")
	now := time.Unix(vectorTime, 0)
	for _, tt := range []struct {
		name   string
		scheme *Scheme
		change func(*Message)
		why    string // empty: it is not covered
	}{
		{"body", GitHub, func(m *Message) { m.Body = []byte("y") }, "no signature matches"},
		{"no header", GitHub, func(m *Message) { m.Header.Del("X-Hub-Signature-256") }, "there is no header X-Hub-Signature-256"},
		{"no prefix", GitHub, trim("X-Hub-Signature-256", "sha256="), "X-Hub-Signature-256 does not begin with sha256="},
		{"a digit less", GitHub, func(m *Message) { cutEnd(m, "X-Hub-Signature-256", 1) }, "no signature matches"},
		{"a byte less", GitHub, func(m *Message) { cutEnd(m, "X-Hub-Signature-256", 2) }, "no signature matches"},
		{"prefix alone", GitHub, func(m *Message) { cutEnd(m, "X-Hub-Signature-256", 64) }, "no signature matches"},
		{"time", GitHub, func(m *Message) { m.Header.Set("webhook-timestamp", "1") }, ""},
		{"body", Shopify, func(m *Message) { m.Body = nil }, "no signature matches"},
		{"two", Shopify, func(m *Message) { add(m, "X-Shopify-Hmac-Sha256", ",AAAA") }, "no signature matches"},
		{"body", Stripe, func(m *Message) { m.Body = []byte("y") }, "no signature matches"},
		{"its time", Stripe, func(m *Message) { swap(m, "Stripe-Signature", "t=1614265330", "t=1614265331") }, "no signature matches"},
		{"an old time", Stripe, func(m *Message) { swap(m, "Stripe-Signature", "t=1614265330", "t=1614265000") }, "the timestamp is too old"},
		{"no time", Stripe, func(m *Message) { swap(m, "Stripe-Signature", "t=1614265330", "t=x") }, "Stripe-Signature does not begin with t={timestamp},"},
		{"the other time", Stripe, func(m *Message) { m.Header.Set("webhook-timestamp", "1") }, ""},
		{"another version", Stripe, func(m *Message) { swap(m, "Stripe-Signature", "v1=", "v0=") }, "no signature matches"},
		{"body", slack, func(m *Message) { m.Body = []byte("y") }, "no signature matches"},
		{"its time", slack, func(m *Message) { m.Header.Set("X-T", "1614265331") }, "no signature matches"},
		{"no time", slack, func(m *Message) { m.Header.Del("X-T") }, "the timestamp is not a number of seconds"},
		{"an old time", slack, func(m *Message) { m.Header.Set("X-T", "1614265000") }, "the timestamp is too old"},
		{"the other time", slack, func(m *Message) { m.Header.Set("webhook-timestamp", "1") }, ""},
		{"method", whole, func(m *Message) { m.Method = "PUT" }, "no signature matches"},
		{"id", whole, func(m *Message) { m.Header.Set("webhook-id", "evt_2") }, "no signature matches"},
		{"query", whole, func(m *Message) { m.URL.RawQuery = "b=2" }, "no signature matches"},
		{"host", whole, func(m *Message) { m.URL.Host = "g" }, "no signature matches"},
	} {
		t.Run(tt.scheme.Name+" "+tt.name, func(t *testing.T) {
			m := message(t, "POST", "https://h/?b=1", "evt_1", vectorTime, "x")
			s := signing(t, tt.scheme, everybody)
			s.Sign(m)
			tt.change(m)
			err := s.Verify(m, now, time.Minute)
			if tt.why == "" != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), tt.why) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func swap(m *Message, header, old, new string) {
	m.Header.Set(header, strings.ReplaceAll(m.Header.Get(header), old, new))
}

func trim(header, prefix string) func(*Message) {
	return func(m *Message) { swap(m, header, prefix, "") }
}

func add(m *Message, header, more string) { m.Header.Set(header, m.Header.Get(header)+more) }

func cutEnd(m *Message, header string, n int) {
	value := m.Header.Get(header)
	m.Header.Set(header, value[:len(value)-n])
}

// A receiver sees the message that was signed, though its URL has no host.
func TestMessagesAreTheSameOnBothSides(t *testing.T) {
	s := signing(t, own(t, Scheme{Name: "hmac", Header: "X-S", Hash: crypto.SHA256}, "", "{method} {url} {body}"), everybody)
	for _, address := range []string{"https://h", "https://h?x=1", "http://h:81/a%2Fb/%C3%A9?q=%20&&", "https://[::1]:9/"} {
		m := message(t, "GET", address, "evt_1", vectorTime, "")
		s.Sign(m)
		r := httptest.NewRequestWithContext(t.Context(), "GET", m.URL.RequestURI(), nil)
		r.Host, r.Header = m.URL.Host, m.Header
		if m.URL.Scheme == "https" {
			r.TLS = httptest.NewRequestWithContext(t.Context(), "GET", "https://h", nil).TLS
		}
		if err := s.Verify(MessageOf(r, nil), time.Unix(vectorTime, 0), time.Minute); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A finding tells all that can be told, whatever is wrong first.
func TestInspectTellsMoreThanYesOrNo(t *testing.T) {
	const good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	now := time.Unix(vectorTime, 0)
	right, wrong := mustKey(t, testSecret), mustKey(t, "another secret altogether")
	for _, tt := range []struct {
		name, timestamp, signature string
		keys                       []Key
		now                        time.Time
		key                        int
		fault                      Fault
		signed                     bool
	}{
		{"the second key", "1614265330", good, []Key{wrong, right}, now, 1, "", true},
		{"right but old", "1614265330", good, []Key{right}, now.Add(time.Hour), 0, TooOld, true},
		{"right but early", "1614265330", good, []Key{right}, now.Add(-time.Hour), 0, TooEarly, true},
		{"none of the keys", "1614265330", good, []Key{wrong}, now, -1, Mismatch, true},
		{"no timestamp", "", good, []Key{right}, now, -1, BadTimestamp, true},
		{"no signature", "1614265330", "", []Key{right}, now, -1, Unsigned, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := message(t, "POST", "https://h/", vectorID, 0, vectorBody)
			m.Header.Set("webhook-timestamp", tt.timestamp)
			m.Header.Set("webhook-signature", tt.signature)
			f := Signing{Keys: tt.keys}.Inspect(m, tt.now, 5*time.Minute)
			if f.Key != tt.key || f.Fault != tt.fault || (f.Err == nil) != (tt.fault == "") || (f.Signed != nil) != tt.signed {
				t.Errorf("got %+v", f)
			}
			if want := vectorID + "." + tt.timestamp + "." + vectorBody; tt.signed && string(f.Signed) != want {
				t.Errorf("signed %q, want %q", f.Signed, want)
			}
		})
	}
}
