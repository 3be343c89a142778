package console

import (
	"crypto/tls"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/event"
)

// A Connection is what an attempt was made over, or tried to be.
type Connection struct {
	Address    *string `json:"address"`     // of the receiver, as dialled; null when nothing was
	Proxied    bool    `json:"proxied"`     // a proxy was asked for it
	Reused     bool    `json:"reused"`      // the attempt did not have to connect
	TLSVersion *string `json:"tls_version"` // such as "1.3"; null without TLS, or before it stood
}

// A Timeline says when an attempt had come how far, in milliseconds since its at.
// A member is absent when it did not happen.
type Timeline struct {
	DNS       float64 `json:"dns_ms,omitempty"`
	Connect   float64 `json:"connect_ms,omitempty"`
	TLS       float64 `json:"tls_ms,omitempty"`
	Sent      float64 `json:"sent_ms,omitempty"`
	FirstByte float64 `json:"first_byte_ms,omitempty"`
	Done      float64 `json:"done_ms,omitempty"`
}

func connection(c event.Connection) *Connection {
	if c == (event.Connection{}) {
		return nil
	}
	out := &Connection{Proxied: c.Proxied, Reused: c.Reused}
	if c.Remote.IsValid() {
		out.Address = new(c.Remote.String())
	}
	if c.TLS != 0 {
		out.TLSVersion = new(strings.TrimPrefix(tls.VersionName(c.TLS), "TLS "))
	}
	return out
}

func timeline(t event.Timeline) *Timeline {
	if t == (event.Timeline{}) {
		return nil
	}
	return &Timeline{
		DNS: milliseconds(t.DNS), Connect: milliseconds(t.Connect), TLS: milliseconds(t.TLS),
		Sent: milliseconds(t.Sent), FirstByte: milliseconds(t.FirstByte), Done: milliseconds(t.Done),
	}
}

func milliseconds(d time.Duration) float64 { return event.Moment{At: d}.Milliseconds() }

// String is the connection for people: "192.0.2.7:443, by proxy, TLS 1.3, reused";
// empty of nil.
func (c *Connection) String() string {
	if c == nil {
		return ""
	}
	var parts []string
	if c.Address != nil {
		parts = append(parts, *c.Address)
	}
	if c.Proxied {
		parts = append(parts, "by proxy")
	}
	if c.TLSVersion != nil {
		parts = append(parts, "TLS "+*c.TLSVersion)
	}
	if c.Reused {
		parts = append(parts, "reused")
	}
	return strings.Join(parts, ", ")
}

// String is the time line for people: "dns 1.23, connect 15.0, sent 15.1 ms"; empty
// of nil.
func (t *Timeline) String() string {
	if t == nil {
		return ""
	}
	var parts []string
	for _, m := range []struct {
		name string
		at   float64
	}{{"dns", t.DNS}, {"connect", t.Connect}, {"tls", t.TLS}, {"sent", t.Sent}, {"first byte", t.FirstByte}, {"done", t.Done}} {
		if m.at != 0 {
			parts = append(parts, fmt.Sprintf("%s %s", m.name, strconv.FormatFloat(m.at, 'f', digits(m.at), 64)))
		}
	}
	return strings.Join(parts, ", ") + " ms"
}

// digits are those behind the point that are worth being read.
func digits(ms float64) int {
	switch {
	case ms >= 100:
		return 0
	case ms >= 10:
		return 1
	case ms >= 1:
		return 2
	}
	return 3
}
