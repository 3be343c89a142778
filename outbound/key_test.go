package outbound

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

const (
	testSecret  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	testPrivate = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
	testSeed    = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="
	testPublic  = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
)

func mustKey(t testing.TB, text string) Key {
	t.Helper()
	k, _, err := NewKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
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
		{"private", testPrivate, false, true},
		{"private without padding", strings.TrimRight(testPrivate, "="), false, true},
		{"the seed of a private one", testSeed, false, true},
		{"private with the version before it", "v1a," + testPrivate, false, false},
		{"private with another public half", testPrivate[:60] + "A" + testPrivate[61:], false, false},
		{"private, too short", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false, false},
		{"private, empty", "whsk_", false, false},
		{"private, not base64", "whsk_!!!!!!!!!!!!!!!!!!!!!!!!", false, false},
		{"public", testPublic, false, false},
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

func TestASeedIsTheWholeOfAPrivateKey(t *testing.T) {
	if !mustKey(t, testSeed).Equal(mustKey(t, testPrivate)) || mustKey(t, testSeed).Equal(mustKey(t, testSecret)) {
		t.Error("keys are compared wrongly")
	}
}

func TestOnlyStandardReadsPrefixes(t *testing.T) {
	for _, s := range []*Scheme{GitHub, Stripe, Shopify, {Name: "hmac"}} {
		k, plain, err := s.Key(testSecret)
		if err != nil || !plain || k.bytes != testSecret {
			t.Errorf("%s: %v, plain %v", s.Name, err, plain)
		}
		if _, _, err := s.Key("whsec_not base64 at all"); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		for _, bad := range []string{testPrivate, testPublic, "123456789012345"} {
			if _, _, err := s.Key(bad); err == nil {
				t.Errorf("%s takes %s", s.Name, bad)
			}
			if _, err := s.ReceiverKey(bad); err == nil {
				t.Errorf("%s checks with %s", s.Name, bad)
			}
		}
	}
	for text, ok := range map[string]bool{testPublic: true, testPrivate: true, testSecret: true, "whpk_AAAA": false, "short": false} {
		if _, err := Standard.ReceiverKey(text); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(testPrivate, "whsk_"))
	if err != nil {
		t.Fatal(err)
	}
	w := Webhook{Sign: Signing{Keys: []Key{mustKey(t, "It's a Secret to Everybody"), mustKey(t, testPrivate)}}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, printed := range []string{fmt.Sprintf(format, w.Sign), fmt.Sprintf(format, w)} {
			if strings.Contains(printed, "Everybody") || strings.Contains(printed, string(raw)) || strings.Contains(printed, testPrivate[5:30]) || !strings.Contains(printed, mask) {
				t.Errorf("%s: %s", format, printed)
			}
		}
	}
}
