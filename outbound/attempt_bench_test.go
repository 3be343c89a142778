package outbound

import (
	"net/http/httptest"
	"testing"

	"github.com/posternhq/postern/event"
)

// BenchmarkAttempt is one after the other over one connection.
func BenchmarkAttempt(b *testing.B) {
	s := httptest.NewServer(status(200))
	b.Cleanup(s.Close)
	w := hook(b, "w", s.URL)
	deliver := courier(b, plan(w))
	b.ReportAllocs()
	for b.Loop() {
		if end := deliver(w, someDelivery("w")); end.outcome.Class != event.OK {
			b.Fatalf("got %+v", end.outcome.Attempt)
		}
	}
}
