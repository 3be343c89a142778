package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
)

// One request and its answer, by a pool and by a transport of net/http. The receiver's
// half of it, which is here too, is the same in both.
func BenchmarkRoundTrip(b *testing.B) {
	address := serve(b, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	dial := new(net.Dialer).DialContext
	p := &pool{dial: dial, tls: &tls.Config{}, most: mostIdle}
	b.Cleanup(p.CloseIdleConnections)
	transport := &http.Transport{DialContext: dial, MaxIdleConnsPerHost: mostIdle, DisableCompression: true}
	b.Cleanup(transport.CloseIdleConnections)
	text := bytes.Repeat([]byte("x"), 1100)
	for name, way := range map[string]http.RoundTripper{"pool": p, "transport": transport} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					ctx, cancel := context.WithCancel(b.Context())
					r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
					if err != nil {
						b.Error(err)
					}
					resp, err := way.RoundTrip(r)
					if err != nil {
						b.Error(err)
						cancel()
						return
					}
					resp.Body.Close()
					cancel()
				}
			})
		})
	}
}
