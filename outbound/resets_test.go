package outbound

import (
	"testing"
	"testing/synctest"

	"github.com/posternhq/postern/event"
)

// hostileResets are ends of a TCP connection without ceremony, at every phase.
// Only sockets have them.
var hostileResets = []hostility{
	{row: "R07", name: "a reset at once", act: reset, class: event.Reset, says: "without an answer", unasked: true},
	{row: "R07", name: "a reset in place of a handshake", act: reset, https: true, class: event.TLS, says: "broke off the handshake", unasked: true},
	{row: "R07", name: "a reset in the handshake", act: brokenOff(100, acts(taken, reset), secured(nil)), https: true, class: event.TLS, says: "broke off the handshake", unasked: true},
	{row: "R07", name: "a reset after the handshake", act: secured(nil, beneath(reset)), https: true, class: event.Reset, says: "without an answer", unasked: true},
	{row: "R07", name: "a reset in the request", act: acts(glanced, reset), change: large, class: event.Reset, says: "without an answer", unasked: true},
	{row: "R07", name: "a reset after the request", act: acts(asked, reset), class: event.Reset, says: "without an answer"},
	{row: "R07", name: "a reset after the request, over TLS", act: secured(nil, asked, beneath(reset)), https: true, class: event.Reset, says: "without an answer"},
	{row: "R07", name: "a reset in the status", act: acts(asked, tell("HTTP/1.1 20"), taken, reset), class: event.BadResponse, says: "malformed"},
	{row: "R07", name: "a reset in a header", act: acts(asked, tell(okHead+"Content-Le"), taken, reset), class: event.BadResponse, says: "malformed"},
	{row: "R07", name: "a reset between headers", act: acts(asked, tell(okHead+"X: y\r\n"), taken, reset), class: event.Reset, says: "without an answer"},
	{row: "R07", name: "a reset before the body", act: acts(asked, tell(okHead+"Content-Length: 50\r\n\r\n"), taken, reset), class: event.OK, status: 200, truncated: true},
	{row: "R07", name: "a reset in the body", act: acts(asked, tell(okHead+"Content-Length: 50\r\n\r\nhello"), taken, reset), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "a reset between chunks", act: acts(asked, tell(okChunked+"5\r\nhello\r\n"), taken, reset), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "a reset in the body of a failure", act: acts(asked, tell("HTTP/1.1 500 Oh\r\nContent-Length: 50\r\n\r\nhello"), taken, reset), class: event.Status, status: 500, says: "answered 500", body: "hello", truncated: true},
	{row: "R07", name: "a reset in a body that decides", act: acts(asked, tell(okHead+"Content-Length: 50\r\n\r\nhello"), taken, reset), change: deciding("body == nil"), class: event.OK, status: 200, body: "hello", truncated: true},
}

func TestResets(t *testing.T) {
	for _, h := range hostileResets {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			h.overSockets(t)
		})
	}
}

// Wherever a handshake ends or stalls, it is told as what it is, and nothing has
// been sent.
func TestHandshakesThatEndAnywhere(t *testing.T) {
	whole := handshakeSize(t)
	for after := 0; after < whole; after += 23 {
		for _, h := range []hostility{
			{act: brokenOff(after, shut, secured(nil)), class: event.TLS, says: "broke off the handshake"},
			{act: brokenOff(after, hang, secured(nil)), class: event.Timeout, says: "the TLS handshake took too long", took: handshakeTimeout},
		} {
			h.https, h.unasked = true, true
			h.inBubble(t)
			if t.Failed() {
				t.Fatalf("after %d of %d bytes", after, whole)
			}
		}
	}
}

// handshakeSize is what a server says in one, at least.
func handshakeSize(t *testing.T) (size int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := pipes(t, secured(nil, func(p *peer) {
			p.wire.mu.Lock()
			defer p.wire.mu.Unlock()
			size = p.wire.sent
		}))
		w := hook(t, "w", "https://127.0.0.1:7/")
		p := plan(w)
		p.Egress.CA = n.ca.pem
		courierBy(t, p, n.dial)(w, someDelivery("w"))
	})
	if size < 500 {
		t.Fatalf("a handshake has %d bytes", size)
	}
	return size - 150 // signatures and tickets are not always of one length
}
