package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/posternhq/postern/event"
)

// A stage tells how far a request came, for the class of its failure, and keeps
// when. Addresses are tried side by side, hence the atomics.
type stage struct {
	recorder
	peer        string // as people know it: the receiver
	connected   atomic.Bool
	handshaking atomic.Bool // begun and not come to a good end
	atProxy     atomic.Bool // asked, and no tunnel yet
	lookingUp   atomic.Pointer[string]
}

type stageKey struct{}

// stageOf is the stage of a request.
func stageOf(ctx context.Context) *stage {
	if s, ok := ctx.Value(stageKey{}).(*stage); ok {
		return s
	}
	return new(stage)
}

// in makes s the stage of a request.
func (s *stage) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, stageKey{}, s)
}

// uses notes the connection that the request has.
func (s *stage) uses(c *connection, reused bool) {
	s.connected.Store(true)
	s.goesOver(c, reused)
}

// late is the end of ctx where a request failed for that: what it fails of once
// its connection is closed says nothing.
func (s *stage) late(ctx context.Context, err error) error {
	if err != nil && s.connected.Load() && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (s *stage) inHandshake() bool { return s.handshaking.Load() }

// classify says what an error of a round trip means, in a class and in words.
// timeout is for the words; 0: they don't say it.
// The words hold no URL.
func classify(err error, s *stage, timeout time.Duration) (event.Class, string) {
	var blocked *blockedError
	var dns *net.DNSError
	var proxy *proxyError
	switch {
	case errors.As(err, &proxy):
		return event.Proxy, proxy.text
	case errors.As(err, &blocked):
		return event.BlockedAddress, blocked.text
	case errors.As(err, &dns):
		return event.DNS, dnsText(dns)
	case isTimeout(err):
		if name, waits := s.unknown(); waits {
			return event.DNS, dnsText(&net.DNSError{Name: name, IsTimeout: true})
		}
		return event.Timeout, timeoutText(err, s, timeout)
	case speaksPlainHTTP(err):
		return event.TLS, s.peer + " speaks plain HTTP on this port, not TLS"
	case isTLS(err):
		return event.TLS, "TLS: " + cause(err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return event.Refused, "connection refused" + at(err)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return event.Refused, "no way to " + s.peer + at(err) + ": " + cause(err)
	case s.inHandshake():
		return event.TLS, "TLS: " + s.peer + " broke off the handshake: " + cause(err)
	case !s.connected.Load():
		return event.Refused, "no connection: " + cause(err)
	case isReset(err):
		return event.Reset, s.peer + " closed the connection without an answer"
	}
	return event.BadResponse, "not an HTTP answer: " + strings.TrimPrefix(cause(err), "net/http: ")
}

func dnsText(err *net.DNSError) string {
	switch {
	case err.IsNotFound:
		return fmt.Sprintf("no such host: %s", err.Name)
	case err.IsTimeout:
		return fmt.Sprintf("looking up %s took too long", err.Name)
	}
	return fmt.Sprintf("looking up %s: %s", err.Name, err.Err)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, syscall.ETIMEDOUT) || errors.As(err, &t) && t.Timeout()
}

func timeoutText(err error, s *stage, timeout time.Duration) string {
	switch {
	case s.inHandshake():
		return "the TLS handshake took too long"
	case !s.connected.Load():
		return "connecting took too long" + at(err)
	}
	if timeout == 0 {
		return "no answer in time"
	}
	return fmt.Sprintf("no answer within %s", timeout)
}

func speaksPlainHTTP(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/"
}

func isTLS(err error) bool {
	var (
		verify  *tls.CertificateVerificationError
		alert   tls.AlertError
		record  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		op      *net.OpError
	)
	return errors.As(err, &verify) || errors.As(err, &alert) || errors.As(err, &record) ||
		errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid) ||
		errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") || // alerts, sent and received
		strings.HasPrefix(err.Error(), "tls: ")
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "server closed idle connection") // not exported by net/http
}

// at is the address of a failed connect, in parentheses.
func at(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Addr != nil {
		return " (" + op.Addr.String() + ")"
	}
	return ""
}

// cause is the innermost error of a connection's, without the addresses around it.
func cause(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	return strings.TrimPrefix(err.Error(), "tls: ")
}
