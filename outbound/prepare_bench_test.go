package outbound

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func BenchmarkPrepare(b *testing.B) {
	w := hook(b, "crm", "https://hooks.example.com/in/42")
	w.Sign.Keys = []Key{mustKey(b, "a secret that is long enough")}
	p, d, at := plan(w), someDelivery("crm"), time.Unix(1_700_000_000, 0)
	d.Event.Data = []byte(`{"x":"` + strings.Repeat("x", 1000) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := prepare(p, w, d, Scope(d.Event), at, "postern/1"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	s := Signing{Keys: []Key{mustKey(b, "a secret that is long enough")}}
	m := &Message{Method: http.MethodPost, Header: http.Header{headerID: {"evt_1"}, headerTimestamp: {"1700000000"}}, Body: []byte(strings.Repeat("x", 1000))}
	b.ReportAllocs()
	for b.Loop() {
		s.Sign(m)
	}
}
