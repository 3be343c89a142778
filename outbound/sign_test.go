package outbound

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func mustKey(t testing.TB, text string) Key {
	t.Helper()
	k, _, err := NewKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSignMatchesPublishedVectors(t *testing.T) {
	const id, at = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
	for _, tt := range []struct {
		name, secret, id string
		at               int64
		body, want       string
	}{
		{"the specification's libraries", testSecret, id, at, `{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{"the Rust library", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553, `{"email":"test@example.com","username":"test_user"}`, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="},
		{"empty body", testSecret, id, at, "", "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A="},
		{"text beyond ASCII", testSecret, id, at, `{"name":"Zoë ✓"}`, "v1,vT3tN68XcRInbQKUomiMDHFgj+JsG9OroWEdDcWGJ5M="},
		{"form", testSecret, id, at, "email=a%40b.co&name=Zo%C3%AB", "v1,OOz6kj7crx7LP74qDnHemmeyiS9VnKiiLbhEkR9rzIE="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key := mustKey(t, tt.secret)
			if got := Sign([]Key{key}, tt.id, time.Unix(tt.at, 0), []byte(tt.body)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if err := Verify([]Key{key}, tt.id, strconv.FormatInt(tt.at, 10), tt.want, []byte(tt.body), time.Unix(tt.at, 0), time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSignSatisfiesThePublicLibrary(t *testing.T) {
	old, fresh := "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", testSecret
	keys := []Key{mustKey(t, old), mustKey(t, fresh)}
	now, body := time.Now(), []byte(`{"a":1}`)
	header := http.Header{}
	header.Set("webhook-id", "evt_1")
	header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	header.Set("webhook-signature", Sign(keys, "evt_1", now, body))
	for _, secret := range []string{old, fresh} {
		judge, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := judge.Verify(body, header); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
		if judge.Verify([]byte(`{"a":2}`), header) == nil {
			t.Errorf("%s: another body passed", secret)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	const id, seconds, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, `{"test": 2432232314}`
	const good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	now, keys := time.Unix(seconds, 0), []Key{mustKey(t, testSecret)}
	for _, tt := range []struct {
		name, timestamp, signatures string
		now                         time.Time
		keys                        []Key
		ok                          bool
	}{
		{"one good among others", "1614265330", "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " + good + " v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=", now, keys, true},
		{"at the edge of the tolerance", "1614265330", good, now.Add(5 * time.Minute), keys, true},
		{"bare version", "1614265330", "v1,", now, keys, false},
		{"not base64", "1614265330", "v1,dawfeoifkpqwoekfpqoekf", now, keys, false},
		{"start of the right one", "1614265330", good[:20], now, keys, false},
		{"no signature", "1614265330", "", now, keys, false},
		{"another version", "1614265330", "v2" + good[2:], now, keys, false},
		{"too old", "1614265330", good, now.Add(5*time.Minute + time.Second), keys, false},
		{"from the future", "1614265330", good, now.Add(-5*time.Minute - time.Second), keys, false},
		{"fraction", "1614265330.0", good, now, keys, false},
		{"words", "invalid timestamp", good, now, keys, false},
		{"negative", "-1614265330", good, now, keys, false},
		{"another time", "1614265331", good, now, keys, false},
		{"no key", "1614265330", good, now, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Verify(tt.keys, id, tt.timestamp, tt.signatures, []byte(body), tt.now, 5*time.Minute)
			if (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNewKey(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		plain, ok  bool
	}{
		{"base64", testSecret, false, true},
		{"base64 without padding", "whsec_AAAAAAAAAAAAAAAAAAAAAA", false, true},
		{"plain text", "It's a Secret to Everybody", true, true},
		{"empty", "", true, false},
		{"empty after the prefix", "whsec_", false, false},
		{"15 bytes", "123456789012345", true, false},
		{"16 bytes", "1234567890123456", true, true},
		{"15 bytes after decoding", "whsec_MTIzNDU2Nzg5MDEyMzQ1", false, false},
		{"not base64", "whsec_!!!!!!!!!!!!!!!!!!!!!!!!", false, false},
		{"with the version before it", "v1," + testSecret, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, plain, err := NewKey(tt.text)
			if (err == nil) != tt.ok || plain != tt.plain {
				t.Errorf("plain %v, error %v", plain, err)
			}
			if err != nil && len(tt.text) > 8 && strings.Contains(err.Error(), tt.text) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	w := Webhook{Sign: []Key{mustKey(t, "It's a Secret to Everybody")}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if s := fmt.Sprintf(format, w.Sign); strings.Contains(s, "Everybody") || !strings.Contains(s, mask) {
			t.Errorf("%s: %s", format, s)
		}
	}
}
