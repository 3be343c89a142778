package logline

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/posternhq/postern/internal/secret"
)

type nested struct{ v string }

func (n nested) MarshalLogObject(e zapcore.ObjectEncoder) error {
	e.AddString("inner", n.v)
	return nil
}

func TestSecretsAreMaskedHoweverTheyAreWritten(t *testing.T) {
	for _, s := range []string{
		"plain-secret-1", `quo"te\back/slash`, "space & plus+ %41", "new\nline\ttab", "ctl\x01\b\f\x7f<html>",
		"ünï-cödé-\u202e\u2028-bidi", "bytes-\xff\xfe-raw", `"""quotes"`, "http://u:p@h/?a=b&c=d#e", "{{ 8 chars }}", `","level":"`,
	} {
		for _, format := range []string{"json", "console"} {
			got := logged(Options{Format: format}, func(l *Log) {
				l.SetSecrets([]secret.Text{secret.New("short"), secret.New(s), secret.New("another-one")})
				l.Logger.With(zap.String("with", "<"+s+">")).Info("<"+s+">", zap.String("whole", s), zap.ByteString("bytes", []byte(s)),
					zap.Error(fmt.Errorf("parse %q: %w", s, errors.New(s))), zap.Stringer("url", &url.URL{Path: "/" + s, RawQuery: url.Values{"k": {s}}.Encode()}),
					zap.Strings("list", []string{"a", s}), zap.Object("object", nested{s}), zap.Any("any", map[string]any{"k": []string{s}}),
					zap.String("plain", "words stay short"))
			})
			wantInert(t, got)
			for _, form := range append(spellings(s), escapings(s)...) {
				if form != `","level":"` && strings.Contains(got, form) {
					t.Errorf("%s: %q in %s", format, form, got)
				}
			}
			if n := strings.Count(got, "(sensitive)"); n < 10 {
				t.Errorf("%s: %d masks for %q in %s", format, n, s, got)
			}
			if !strings.Contains(got, "words stay short") {
				t.Errorf("%s: plain words are gone from %s", format, got)
			}
			if format == "json" {
				decode(t, got)
			}
		}
	}
}

func TestASecretThatBeginsWithAnotherIsMaskedWhole(t *testing.T) {
	got := logged(Options{}, func(l *Log) {
		l.SetSecrets([]secret.Text{secret.New("12345678"), secret.New("12345678-and-more"), secret.New("1234567890")})
		l.Logger.Info("12345678-and-more 12345678 1234567890")
	})
	if !strings.Contains(got, `"(sensitive) (sensitive) (sensitive)"`) {
		t.Error(got)
	}
}

func TestSecretsAreSwapped(t *testing.T) {
	got := logged(Options{}, func(l *Log) {
		logger := l.Logger.With(zap.String("key", "first-secret"))
		l.SetSecrets([]secret.Text{secret.New("first-secret")})
		logger.Info("one")
		l.SetSecrets([]secret.Text{secret.New("second-secret")})
		logger.Info("second-secret")
	})
	lines := decode(t, got)
	if lines[0]["key"] != "(sensitive)" || lines[1]["key"] != "first-secret" || lines[1]["msg"] != "(sensitive)" {
		t.Error(got)
	}
}

func TestACutDoesNotUncoverASecret(t *testing.T) {
	const s = "a-secret-of-some-length"
	for _, format := range []string{"json", "console"} {
		got := logged(Options{Format: format}, func(l *Log) {
			l.SetSecrets([]secret.Text{secret.New(s)})
			for shift := range len(s) {
				l.Logger.Info(strings.Repeat("x", cutMessage-shift)+s, zap.String("f", strings.Repeat("y", maxText)))
				l.Logger.Info("", zap.String("f", strings.Repeat("x", cutText-70-shift)+s+strings.Repeat("y", maxText)))
			}
		})
		if strings.Contains(got, s[:5]) {
			t.Errorf("%s: a part of the secret shows", format)
		}
		if !strings.Contains(got, "(sens") {
			t.Errorf("%s: no mask was cut", format)
		}
	}
}
