package logline

import (
	"context"
	"io"
	"testing"

	"go.uber.org/zap"

	"github.com/posternhq/postern/internal/secret"
)

// BenchmarkLine is that of an attempt, with nobody behind it but a reader.
func BenchmarkLine(b *testing.B) {
	for name, secrets := range map[string][]secret.Text{"no secrets": nil, "one": texts(1), "many": texts(1000)} {
		b.Run(name, func(b *testing.B) {
			l := New(Options{Out: io.Discard})
			l.SetSecrets(secrets)
			go l.Run(context.Background())
			defer l.Close()
			b.ReportAllocs()
			for b.Loop() {
				l.Logger.Info("attempt",
					zap.String("webhook", "crm"), zap.String("event_id", "evt_01KB2N8JQ4T5Y6Z7A8B9C0D1E2"),
					zap.String("delivery_id", "dlv_38gqj2ckr00000000020"), zap.Int("attempt", 1), zap.Int("status", 200),
					zap.String("class", "ok"), zap.Int64("duration_ms", 3), zap.String("state", "delivered"))
			}
		})
	}
}

func texts(n int) []secret.Text {
	all := make([]secret.Text, n)
	for i := range all {
		all[i] = secret.New("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	return all
}
