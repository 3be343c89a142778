package outbound

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/secret"
)

// Of a thousand webhooks: all of their secrets at a reload, and an answer that is
// kept.
func BenchmarkScrubber(b *testing.B) {
	p := &Plan{Secrets: map[string]secret.Text{}, Webhooks: map[string]*Webhook{}}
	for i := range 1000 {
		p.Secrets[fmt.Sprint("env:K", i)] = secret.New(fmt.Sprintf("%032x", i*7919))
		p.Secrets[fmt.Sprint("env:URL", i)] = secret.New(fmt.Sprintf("https://hooks.example/%032x", i*7907))
		p.Webhooks[fmt.Sprint(i)] = &Webhook{Auth: Auth{Kind: BasicAuth, Username: "postern", Password: secret.New(fmt.Sprintf("pass%028x", i*104729))}}
	}
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			newScrubber(p)
		}
	})
	s := newScrubber(p)
	for name, body := range map[string]string{
		"short": `{"ok": true, "id": "42"}`,
		"JSON":  strings.Repeat(`{"ok": true, "text": "a \"quoted\" word"}, `, 2000),
		"alike": `%41\n&amp;+` + strings.Repeat("https://", 2500),
		"worst": strings.Repeat(`\u0025%2541&amp;+`, 2000),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.body([]byte(body), mostBodyKept)
			}
		})
	}
}
