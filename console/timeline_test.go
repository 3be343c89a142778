package console

import (
	"crypto/tls"
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
)

func TestTimelinesAreTold(t *testing.T) {
	for _, tt := range []struct {
		timeline  event.Timeline
		json, say string
	}{
		{json: "null"},
		{event.Timeline{DNS: 1, Connect: time.Millisecond, TLS: 12345678, Sent: 99994 * time.Microsecond, FirstByte: time.Second, Done: time.Minute},
			`{"dns_ms":0.001,"connect_ms":1,"tls_ms":12.346,"sent_ms":99.994,"first_byte_ms":1000,"done_ms":60000}`,
			"dns 0.001, connect 1.00, tls 12.3, sent 100.0, first byte 1000, done 60000 ms"},
		{event.Timeline{Sent: 1500 * time.Microsecond}, `{"sent_ms":1.5}`, "sent 1.50 ms"},
	} {
		got := timeline(tt.timeline)
		if raw, err := json.Marshal(got); err != nil || string(raw) != tt.json {
			t.Errorf("%+v: %s, %v", tt.timeline, raw, err)
		}
		if got.String() != tt.say {
			t.Errorf("%+v: %q", tt.timeline, got)
		}
	}
}

func TestConnectionsAreTold(t *testing.T) {
	remote := netip.MustParseAddrPort("192.0.2.7:443")
	for _, tt := range []struct {
		connection event.Connection
		json, say  string
	}{
		{json: "null"},
		{event.Connection{Remote: remote}, `{"address":"192.0.2.7:443","proxied":false,"reused":false,"tls_version":null}`, "192.0.2.7:443"},
		{event.Connection{Remote: remote, Proxied: true, Reused: true, TLS: tls.VersionTLS13},
			`{"address":"192.0.2.7:443","proxied":true,"reused":true,"tls_version":"1.3"}`, "192.0.2.7:443, by proxy, TLS 1.3, reused"},
		{event.Connection{Reused: true, TLS: tls.VersionTLS12}, `{"address":null,"proxied":false,"reused":true,"tls_version":"1.2"}`, "TLS 1.2, reused"},
	} {
		got := connection(tt.connection)
		if raw, err := json.Marshal(got); err != nil || string(raw) != tt.json {
			t.Errorf("%+v: %s, %v", tt.connection, raw, err)
		}
		if got.String() != tt.say {
			t.Errorf("%+v: %q", tt.connection, got)
		}
	}
}
