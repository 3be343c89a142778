package outbound

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

// A hostility is what a receiver does to us, and what has to follow.
type hostility struct {
	row, name string // of docs/hostile-world.md
	act       act
	https     bool
	change    func(*testing.T, *Webhook) // nil: nothing

	class     event.Class
	status    int
	says      string        // in the error
	body      string        // how what is kept begins
	truncated bool          // what is kept
	took      time.Duration // from the first byte to the verdict; 0: no time at all
	most      int           // bytes that we read; 0: as many as any answer may cost
	unasked   bool          // the request has not come in whole
	kept      bool          // the connection is there still
}

const (
	okHead    = "HTTP/1.1 200 OK\r\n"
	okFive    = okHead + "Content-Length: 5\r\n\r\nhello"
	okChunked = okHead + "Transfer-Encoding: chunked\r\n\r\n"
	hint      = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
	patience  = 15 * time.Second // of the webhooks here
	mostRead  = mostHeaderBytes + mostBodyRead + 8<<10
)

// answers says it to a request.
func answers(s string) act { return acts(asked, tell(s)) }

// compressed is a megabyte in a kilobyte.
var compressed = func() string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(make([]byte, 1<<20)) // to memory: it can't fail
	_ = z.Close()
	return b.String()
}()

// Bodies: the status has decided, and what follows is cut off.
var hostileBodies = []hostility{
	{row: "R01", name: "an endless body", act: acts(asked, tell(okHead+"\r\n"), flood(strings.Repeat("x", 4096))), class: event.OK, status: 200, body: "xxxx", truncated: true},
	{row: "R01", name: "an endless body of a failure", act: acts(asked, tell("HTTP/1.1 500 Oh\r\n\r\n"), flood(strings.Repeat("x", 4096))), class: event.Status, status: 500, says: "answered 500 Internal Server Error", body: "xxxx", truncated: true},
	{row: "R01", name: "an endless body in chunks", act: acts(asked, tell(okChunked), flood("400\r\n"+strings.Repeat("x", 1024)+"\r\n")), class: event.OK, status: 200, body: "xxxx", truncated: true},
	{row: "R01", name: "an endless body in chunks of a byte", act: acts(asked, tell(okChunked), flood("1\r\nx\r\n")), class: event.OK, status: 200, body: "xxxx", truncated: true, most: mostHeaderBytes + 7*mostBodyRead},
	{row: "R01", name: "an endless body that should decide", act: acts(asked, tell(okHead+"\r\n"), flood(" ")), change: deciding("body == nil"), class: event.OK, status: 200, body: "  ", truncated: true},
	{row: "R01", name: "a body of the most bytes that there are", act: acts(asked, tell(okHead+"Content-Length: 9223372036854775807\r\n\r\n"), flood("x")), class: event.OK, status: 200, body: "xxxx", truncated: true},
	{row: "R01", name: "a gzip bomb", act: answers(okHead + "Content-Encoding: gzip\r\n\r\n" + compressed), class: event.OK, status: 200, body: compressed},
	{row: "R01", name: "a gzip bomb that never ends", act: acts(asked, tell(okHead+"Content-Encoding: gzip\r\n\r\n"), flood(compressed)), class: event.OK, status: 200, body: compressed, truncated: true},
	{row: "R01", name: "a gzip bomb that should decide", act: answers(okHead + "Content-Encoding: gzip\r\n\r\n" + compressed), change: deciding("body == nil"), class: event.OK, status: 200, body: compressed},
	{row: "R01", name: "gzip as a transfer encoding", act: answers(okHead + "Transfer-Encoding: gzip, chunked\r\n\r\n" + compressed), class: event.BadResponse, says: "transfer encoding"},

	{row: "R07", name: "a body shorter than it says", act: answers(okHead + "Content-Length: 500\r\n\r\nhello"), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "a body longer than it says", act: acts(asked, tell(okFive+okFive), hang), class: event.OK, status: 200, body: "hello"},
	{row: "R07", name: "a body", act: acts(asked, tell(okFive), hang), class: event.OK, status: 200, body: "hello", kept: true},
	{row: "R07", name: "a length that is negative", act: answers(okHead + "Content-Length: -1\r\n\r\nhello"), class: event.BadResponse, says: "Content-Length"},
	{row: "R07", name: "a length that is no number", act: answers(okHead + "Content-Length: \x1b[31m5\r\n\r\nhello"), class: event.BadResponse, says: "Content-Length"},
	{row: "R07", name: "a length beyond all numbers", act: answers(okHead + "Content-Length: 99999999999999999999\r\n\r\nhello"), class: event.BadResponse, says: "Content-Length"},
	{row: "R07", name: "two lengths", act: answers(okHead + "Content-Length: 1\r\nContent-Length: 5\r\n\r\nhello"), class: event.BadResponse, says: "Content-Length"},
	{row: "R07", name: "a length beside chunks", act: acts(asked, tell(okHead+"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), hang), class: event.OK, status: 200, body: "hello", kept: true},
	{row: "R07", name: "a transfer encoding that nobody knows", act: answers(okHead + "Transfer-Encoding: zip\r\n\r\nhello"), class: event.BadResponse, says: "transfer encoding"},
	{row: "R07", name: "a chunk of no size", act: answers(okChunked + "5\r\nhello\r\n\r\n"), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "a chunk whose size is no number", act: answers(okChunked + "5\r\nhello\r\nzz\r\n"), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "a chunk of a negative size", act: answers(okChunked + "5\r\nhello\r\n-5\r\nhello"), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "a chunk beyond all numbers", act: answers(okChunked + "5\r\nhello\r\nfffffffffffffffff\r\nhello"), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "a chunk longer than its size", act: answers(okChunked + "5\r\nhello, all\r\n0\r\n\r\n"), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "an endless line before a chunk", act: acts(asked, tell(okChunked+"5\r\nhello\r\n5;"), flood("x")), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "long lines before small chunks", act: acts(asked, tell(okChunked), flood("1;"+strings.Repeat("y", 1000)+"\r\nx\r\n")), class: event.OK, status: 200, body: "xx", truncated: true, most: mostHeaderBytes + mostBodyRead},
	{row: "R07", name: "no last chunk", act: answers(okChunked + "5\r\nhello\r\n"), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "a trailer", act: acts(asked, tell(okHead+"Trailer: X-Evil\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Evil: yes\r\nContent-Length: 9\r\n\r\n"), hang), change: deciding(`headers["x-evil"] == nil`), class: event.OK, status: 200, body: "hello", kept: true},
	{row: "R07", name: "a trailer with escapes", act: acts(asked, tell(okChunked+"5\r\nhello\r\n0\r\nX-Evil: \x1b[31m\r\n\r\n"), hang), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "endless trailers", act: acts(asked, tell(okChunked+"5\r\nhello\r\n0\r\n"), flood("X-Evil: x\r\n")), class: event.OK, status: 200, body: "hello", truncated: true},
	{row: "R07", name: "an endless trailer", act: acts(asked, tell(okChunked+"5\r\nhello\r\n0\r\nX-Evil: "), flood("x")), class: event.OK, status: 200, body: "hello", truncated: true},
}

// Heads: 16 KiB are read, over all that comes before a body.
var hostileHeads = []hostility{
	{row: "R03", name: "endless headers", act: acts(asked, tell(okHead), flood("X-Flood: 0123456789\r\n")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "a hundred thousand headers of a letter", act: acts(asked, tell(okHead+strings.Repeat("a:b\r\n", 100_000)+"\r\n")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "ten megabytes of headers", act: acts(asked, tell(okHead+strings.Repeat("X-Flood: "+strings.Repeat("x", 1013)+"\r\n", 10<<10)+"\r\n")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "an endless header", act: acts(asked, tell(okHead+"X: "), flood("0123456789")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "an endless name of a header", act: acts(asked, tell(okHead), flood("X")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "an endless header over many lines", act: acts(asked, tell(okHead+"X: y\r\n"), flood(" y\r\n")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "an endless status text", act: acts(asked, tell("HTTP/1.1 200 "), flood("OK")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "endless empty lines", act: acts(asked, flood("\r\n")), class: event.BadResponse, says: "malformed", most: mostHeaderBytes},
	{row: "R03", name: "endless bytes without a line", act: acts(asked, flood("\x00")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "endless early hints", act: acts(asked, flood(hint)), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "endless continues", act: acts(asked, flood("HTTP/1.1 100 Continue\r\n\r\n")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "an early hint that is endless", act: acts(asked, tell("HTTP/1.1 103 Early Hints\r\n"), flood("Link: </x>\r\n")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R03", name: "hints, and an answer", act: acts(asked, tell(hint+hint+"HTTP/1.1 102 Processing\r\n\r\n"+okFive), hang), class: event.OK, status: 200, body: "hello", kept: true},
	{row: "R03", name: "headers just short of the limit", act: acts(asked, tell(okHead+"X: "+strings.Repeat("x", mostHeaderBytes-200)+"\r\nContent-Length: 5\r\n\r\nhello"), hang), class: event.OK, status: 200, body: "hello", kept: true},
	{row: "R03", name: "a status text just short of the limit", act: acts(asked, tell("HTTP/1.1 500 "+strings.Repeat("x", mostHeaderBytes-200)+"\r\nContent-Length: 5\r\n\r\nhello"), hang), class: event.Status, status: 500, says: "the receiver answered 500 Internal Server Error", body: "hello", kept: true},

	{row: "R08", name: "a header that is none", act: answers(okHead + "no colon\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "a header without a name", act: answers(okHead + ": x\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "a header with a space before the colon", act: answers(okHead + "Content-Length : 3\r\n\r\nhello"), class: event.OK, status: 200, body: "hello"},
	{row: "R08", name: "only an early hint", act: answers(hint), class: event.Reset, says: "without an answer"},
	{row: "R08", name: "another protocol, switched to", act: acts(asked, tell("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), flood("\x81\x05hello")), class: event.Status, status: 101, says: "answered 101", most: mostHeaderBytes},
	{row: "R08", name: "another protocol, switched to for a success", act: acts(asked, tell("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), flood("\x81\x05hello")), change: deciding("status == 101 && body == nil"), class: event.OK, status: 101, most: mostHeaderBytes},
	{row: "R08", name: "a 204 with a body", act: acts(asked, tell("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), hang), class: event.OK, status: 204},
	{row: "R08", name: "a 205", act: acts(asked, tell("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"), hang), class: event.OK, status: 205, kept: true},
	{row: "R08", name: "a 304", act: acts(asked, tell("HTTP/1.1 304 Not Modified\r\n\r\n"), hang), class: event.Redirect, status: 304, says: "redirects are not followed", kept: true},
	{row: "R08", name: "status 999", act: answers("HTTP/1.1 999 \x1b[31mEvil\r\n\r\n"), class: event.Status, status: 999, says: "the receiver answered 999"},
	{row: "R08", name: "status 000", act: answers("HTTP/1.1 000 OK\r\n\r\n"), class: event.BadResponse, says: "its status is 000"},
	{row: "R08", name: "status 099", act: answers("HTTP/1.1 099 OK\r\n\r\n"), class: event.BadResponse, says: "its status is 099"},
	{row: "R08", name: "a status of letters", act: answers("HTTP/1.1 abc OK\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "a status of four digits", act: answers("HTTP/1.1 2000 OK\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "a status with a sign", act: answers("HTTP/1.1 +20 OK\r\n\r\n"), class: event.BadResponse, says: "its status is 020"},
	{row: "R08", name: "a negative status", act: answers("HTTP/1.1 -20 OK\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "a status without a text", act: answers("HTTP/1.1 200\r\n\r\nhello"), class: event.OK, status: 200, body: "hello"},
	{row: "R08", name: "no status line", act: answers("Content-Length: 5\r\n\r\nhello"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "no status", act: answers("HTTP/1.1\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "nothing, to no request", act: func(*peer) {}, class: event.Reset, says: "without an answer", unasked: true},
	{row: "R08", name: "nothing", act: asked, class: event.Reset, says: "without an answer"},
	{row: "R08", name: "half a status line", act: answers("HTTP/1.1 2"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "half a header", act: answers(okHead + "Content-Le"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "HTTP/0.9", act: answers("<html>hello</html>\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "JSON without a head", act: answers(`{"ok": true}`), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "HTTP/1.0", act: answers("HTTP/1.0 200 OK\r\n\r\nhello"), class: event.OK, status: 200, body: "hello"},
	{row: "R08", name: "an SSH banner", act: answers("SSH-2.0-OpenSSH_9.9\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "a mail server's greeting", act: answers("220 mx.example.com ESMTP\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "another protocol of a like look", act: answers("RTSP/1.0 200 OK\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "a TLS alert on a plain port", act: answers("\x15\x03\x03\x00\x02\x02\x46"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "garbage with escapes", act: answers("\x1b[31m\xff\x00\u202e\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R08", name: "an answer to a byte of the request", act: acts(glanced, tell(okFive), hang), change: large, class: event.OK, status: 200, body: "hello", unasked: true},

	{row: "R19", name: "HTTP/2 in place of an answer", act: acts(asked, tell("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\r\n")), class: event.BadResponse, says: "malformed", most: mostHeaderBytes},
	{row: "R19", name: "endless HTTP/2 settings", act: acts(asked, flood("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R19", name: "endless HTTP/2 resets", act: acts(asked, flood("\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x08")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R19", name: "endless HTTP/2 farewells", act: acts(asked, flood("\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")), class: event.BadResponse, says: "headers exceeded", most: mostHeaderBytes},
	{row: "R19", name: "HTTP/2 over TLS, unasked", act: secured(nil, asked, tell("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\r\n")), https: true, class: event.BadResponse, says: "malformed", most: mostHeaderBytes},
	{row: "R19", name: "an upgrade to HTTP/2", act: acts(asked, tell("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"), flood("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64")), class: event.Status, status: 101, says: "answered 101", most: mostHeaderBytes},
}

// Stalls and drips: an attempt has its timeout, a handshake 5 s of it, and a body
// that decides nothing 2 s.
var hostileStalls = []hostility{
	{row: "R12", name: "takes the connection and is silent", act: hang, class: event.Timeout, says: "no answer within 15s", took: patience, unasked: true},
	{row: "R12", name: "takes part of a request", act: acts(glanced, hang), change: large, class: event.Timeout, says: "no answer within 15s", took: patience, unasked: true},
	{row: "R12", name: "stalls before the status", act: acts(asked, hang), class: event.Timeout, says: "no answer within 15s", took: patience},
	{row: "R12", name: "stalls in the status", act: acts(asked, tell("HTTP/1.1 2"), hang), class: event.Timeout, says: "no answer within 15s", took: patience},
	{row: "R12", name: "stalls after a hint", act: acts(asked, tell(hint), hang), class: event.Timeout, says: "no answer within 15s", took: patience},
	{row: "R12", name: "stalls in a header", act: acts(asked, tell(okHead+"Content-Le"), hang), class: event.Timeout, says: "no answer within 15s", took: patience},
	{row: "R12", name: "stalls before the body", act: acts(asked, tell(okHead+"Content-Length: 5\r\n\r\n"), hang), class: event.OK, status: 200, took: bodyPatience, truncated: true},
	{row: "R12", name: "stalls in the body", act: acts(asked, tell(okHead+"Content-Length: 50\r\n\r\nhello"), hang), class: event.OK, status: 200, body: "hello", truncated: true, took: bodyPatience},
	{row: "R12", name: "stalls in the body of a failure", act: acts(asked, tell("HTTP/1.1 503 No\r\nContent-Length: 50\r\n\r\nhello"), hang), class: event.Status, status: 503, says: "answered 503", body: "hello", truncated: true, took: bodyPatience},
	{row: "R12", name: "stalls in a body that decides", act: acts(asked, tell(okHead+"Content-Length: 50\r\n\r\nhello"), hang), change: deciding("body == nil"), class: event.OK, status: 200, body: "hello", truncated: true, took: patience},
	{row: "R12", name: "stalls between chunks", act: acts(asked, tell(okChunked+"5\r\nhello\r\n"), hang), class: event.OK, status: 200, body: "hello", truncated: true, took: bodyPatience},
	{row: "R12", name: "stalls in a trailer", act: acts(asked, tell(okChunked+"5\r\nhello\r\n0\r\nX-Ev"), hang), class: event.OK, status: 200, body: "hello", truncated: true, took: bodyPatience},
	{row: "R12", name: "drips a status line", act: acts(asked, drip("HTTP/1.1 200 OK, that is what I say\r\n")), class: event.Timeout, says: "no answer within 15s", took: patience},
	{row: "R12", name: "drips hints", act: acts(asked, tell(hint), drip("HTTP/1.1 103\r\n\r\n")), class: event.Timeout, says: "no answer within 15s", took: patience},
	{row: "R12", name: "drips headers", act: acts(asked, tell(okHead), drip("X: y\r\n")), class: event.Timeout, says: "no answer within 15s", took: patience},
	{row: "R12", name: "drips a body", act: acts(asked, tell(okHead+"\r\n"), drip("x")), class: event.OK, status: 200, body: "xx", truncated: true, took: bodyPatience},
	{row: "R12", name: "drips a body that decides", act: acts(asked, tell(okHead+"\r\n"), drip(" ")), change: deciding("body == nil"), class: event.OK, status: 200, body: strings.Repeat(" ", 15), truncated: true, took: patience},
	{row: "R12", name: "answers, and keeps the connection open", act: acts(asked, tell(okFive), hang), class: event.OK, status: 200, body: "hello", kept: true},

	{row: "R09", name: "takes the connection and no TLS", act: hang, https: true, class: event.Timeout, says: "the TLS handshake took too long", took: handshakeTimeout, unasked: true},
	{row: "R09", name: "takes no TLS, and there is less time", act: hang, https: true, change: hurried, class: event.Timeout, says: "the TLS handshake took too long", took: 3 * time.Second, unasked: true},
	{row: "R09", name: "stalls in the handshake", act: brokenOff(100, hang, secured(nil)), https: true, class: event.Timeout, says: "the TLS handshake took too long", took: handshakeTimeout, unasked: true},
	{row: "R09", name: "drips a handshake", act: acts(tell("\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb\x03\x03"), drip("\x00")), https: true, class: event.Timeout, says: "the TLS handshake took too long", took: handshakeTimeout, unasked: true},
	{row: "R09", name: "stalls after the handshake", act: secured(nil, hang), https: true, class: event.Timeout, says: "no answer within 15s", took: patience, unasked: true},
	{row: "R09", name: "stalls in the middle of a record", act: secured(nil, asked, beneath(tell("\x17\x03\x03\x01\x00half of it")), hang), https: true, class: event.Timeout, says: "no answer within 15s", took: patience},
}

// Handshakes that come to nothing, and TLS that turns bad later.
var hostileTLS = []hostility{
	{row: "R09", name: "closes after the ClientHello", act: hello, https: true, class: event.TLS, says: "broke off the handshake", unasked: true},
	{row: "R09", name: "closes in the handshake", act: brokenOff(100, shut, secured(nil)), https: true, class: event.TLS, says: "broke off the handshake", unasked: true},
	{row: "R09", name: "closes after the handshake", act: secured(nil), https: true, class: event.Reset, says: "without an answer", unasked: true},
	{row: "R09", name: "garbage for TLS", act: acts(hello, tell("\x00\x01\x02\x03\x04\x05")), https: true, class: event.TLS, says: "TLS: ", unasked: true},
	{row: "R09", name: "plain HTTP for TLS", act: acts(hello, tell("HTTP/1.1 400 Bad Request\r\n\r\n")), https: true, class: event.TLS, says: "plain HTTP", unasked: true},
	{row: "R09", name: "endless plain HTTP for TLS", act: acts(hello, tell(okHead), flood("X: y\r\n")), https: true, class: event.TLS, says: "plain HTTP", unasked: true, most: mostHeaderBytes},
	{row: "R09", name: "endless warnings", act: acts(hello, flood("\x15\x03\x03\x00\x02\x01\x5a")), https: true, class: event.TLS, says: "TLS: ", unasked: true, most: mostHeaderBytes},
	{row: "R09", name: "endless empty records", act: acts(hello, flood("\x16\x03\x03\x00\x00")), https: true, class: event.TLS, says: "TLS: ", unasked: true, most: mostHeaderBytes},
	{row: "R09", name: "a record too large", act: acts(hello, tell("\x16\x03\x03\xff\xff"), flood("\x02")), https: true, class: event.TLS, says: "TLS: ", unasked: true, most: mostHeaderBytes},
	{row: "R09", name: "a message too large", act: acts(hello, tell("\x16\x03\x03\x3f\xff\x02\xff\xff\xff"), flood("\x00")), https: true, class: event.TLS, says: "TLS: ", unasked: true, most: 2 * mostHeaderBytes},
	{row: "R09", name: "endless key updates", act: updatesKeys("", 0), https: true, class: event.TLS, says: "TLS: ", most: mostHeaderBytes},
	{row: "R09", name: "endless wishes for other keys, and nobody reads", act: updatesKeys("", 1), https: true, class: event.Timeout, says: "no answer within 15s", took: patience, most: mostHeaderBytes},
	{row: "R09", name: "an alert in place of an answer", act: secured(nil, asked, beneath(tell("\x15\x03\x03\x00\x02\x02\x50"))), https: true, class: event.TLS, says: "TLS: "},
	{row: "R09", name: "a record of garbage in place of an answer", act: secured(nil, asked, beneath(tell("\x17\x03\x03\x00\x20"+strings.Repeat("x", 32)))), https: true, class: event.TLS, says: "TLS: "},
	{row: "R09", name: "plain HTTP after the handshake", act: secured(nil, asked, beneath(tell(okFive))), https: true, class: event.TLS, says: "plain HTTP"},
	{row: "R09", name: "no farewell after a body", act: secured(nil, answers(okHead+"\r\nhello"), beneath(shut)), https: true, class: event.OK, status: 200, body: "hello"},
	{row: "R09", name: "an endless body over TLS", act: secured(nil, asked, tell(okHead+"\r\n"), flood(strings.Repeat("x", 4096))), https: true, class: event.OK, status: 200, body: "xxxx", truncated: true, most: mostRead + 32<<10},
}

// What they say is data: it is not obeyed, and shown so that nobody else obeys it.
var hostileWords = []hostility{
	{row: "R11", name: "a hostile status text", act: answers("HTTP/1.1 500 " + evil + "\r\n\r\n"), class: event.Status, status: 500, says: "the receiver answered 500 Internal Server Error"},
	{row: "R11", name: "hostile headers", act: answers(okHead + "X-Evil: " + evil + "\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R11", name: "headers that look well", act: answers("HTTP/1.1 503 Oh\r\nX-Evil: " + seen + "\r\nServer: " + seen + "\r\nRetry-After: " + seen + "\r\n\r\n"), class: event.Status, status: 503, says: "the receiver answered 503 Service Unavailable"},
	{row: "R11", name: "a hostile status line", act: answers("HTTP/1.1 " + evil + "\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R11", name: "a hostile line for a header", act: answers(okHead + evil + "\r\n\r\n"), class: event.BadResponse, says: "malformed"},
	{row: "R11", name: "a hostile body", act: answers(okHead + "Content-Type: text/html\r\n\r\n" + evil), class: event.OK, status: 200, body: evil},
	{row: "R11", name: "a body of zeros", act: answers(okHead + "\r\n" + strings.Repeat("\x00", mostBodyKept+1)), class: event.OK, status: 200, body: strings.Repeat("\x00", mostBodyKept), truncated: true},
	{row: "R11", name: "a body of every byte", act: answers(okHead + "Content-Length: 256\r\n\r\n" + everyByte()), class: event.OK, status: 200, body: everyByte()},
	{row: "R11", name: "a hostile pause", act: answers("HTTP/1.1 429 " + evil + "\r\nRetry-After: -1\r\n\r\n"), class: event.Status, status: 429, says: "the receiver answered 429 Too Many Requests"},

	{row: "R04", name: "a redirect to itself", act: redirects("/"), class: event.Redirect, status: 308, says: "redirects are not followed"},
	{row: "R04", name: "a redirect to metadata", act: redirects("http://169.254.169.254/latest/meta-data/"), class: event.Redirect, status: 308, says: "it points to http://169.254.169.254/latest/meta-data/"},
	{row: "R04", name: "a redirect to plain HTTP", act: redirects("http://127.0.0.2/"), class: event.Redirect, status: 308, says: "it points to http://127.0.0.2/"},
	{row: "R04", name: "a redirect to whoever", act: redirects("//127.0.0.2/x"), class: event.Redirect, status: 308, says: "it points to ://127.0.0.2/x"},
	{row: "R04", name: "a redirect to a file", act: redirects("file:///etc/passwd"), class: event.Redirect, status: 308, says: "redirects are not followed"},
	{row: "R04", name: "a redirect with escapes", act: redirects("http://127.0.0.2/\x1b[31m"), class: event.BadResponse, says: "malformed"},
	{row: "R04", name: "a redirect that reads backwards", act: redirects("http://127.0.0.2/\u202e<script>\xff"), class: event.Redirect, status: 308, says: "it points to http://127.0.0.2/%E2%80%AE%3Cscript%3E"},
	{row: "R04", name: "a redirect without end", act: redirects("http://127.0.0.2/" + strings.Repeat("x", 10_000)), class: event.Redirect, status: 308, says: "it points to http://127.0.0.2/xxx"},
	{row: "R04", name: "a redirect and a wish to refresh", act: answers("HTTP/1.1 307 Oh\r\nLocation: http://127.0.0.2/\r\nRefresh: 0; url=http://127.0.0.2/\r\nContent-Location: http://127.0.0.2/\r\n\r\n"), class: event.Redirect, status: 307, says: "it points to http://127.0.0.2/"},

	{row: "R18", name: "a challenge", act: acts(asked, tell("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"\u202e\"\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n"), hang), class: event.Status, status: 401, says: "answered 401 Unauthorized", kept: true},
	{row: "R18", name: "a challenge of a proxy that is none", act: acts(asked, tell("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"), hang), class: event.Status, status: 407, says: "answered 407", kept: true},
	{row: "R18", name: "another service to use", act: acts(asked, tell(okHead+"Alt-Svc: h2=\"127.0.0.2:443\", h3=\":443\"; persist=1\r\nLink: <http://127.0.0.2/>; rel=preload\r\nContent-Length: 0\r\n\r\n"), hang), class: event.OK, status: 200, kept: true},
}

// evil is what a terminal, a log, a page or a reader might obey.
const evil = "\x1b[31m\x1b]0;t\x07\x1b]52;c;ZXZpbA==\x07\x9b2J \u009b31m \u202eevil\u2066 \u2028 \r <script>alert(1)</script> \xff\xfe \x00 {\"level\":\"error\"}"

// seen is the part of evil that may stand in a header.
const seen = "\u202eevil\u2066 \u2028 <script>alert(1)</script> \xff\xfe {\"level\":\"error\"}"

func everyByte() string {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return string(all)
}

func redirects(to string) act {
	return answers("HTTP/1.1 308 Permanent Redirect\r\nLocation: " + to + "\r\n\r\n")
}

func deciding(success string) func(*testing.T, *Webhook) {
	return func(t *testing.T, w *Webhook) { w.SuccessWhen = criterion(t, success) }
}

// large makes a request that doesn't go out at once.
func large(t *testing.T, w *Webhook) {
	w.Payload = mapping(t, expr.Field{Name: "pad", Value: &expr.Literal{JSON: quoteJSON(strings.Repeat("x", largestRequest-4096))}})
}

func hurried(_ *testing.T, w *Webhook) { w.Timeout = 3 * time.Second }
