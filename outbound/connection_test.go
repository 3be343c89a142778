package outbound

import (
	"crypto/tls"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TLS says farewell, but not to one who doesn't listen.
func TestTLSIsClosedSoon(t *testing.T) {
	ca := newAuthority(t, "known")
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		done := make(chan error, 1)
		server := tls.Server(theirs, &tls.Config{Certificates: []tls.Certificate{ca.issue(nil)}, SessionTicketsDisabled: true})
		go func() { done <- server.Handshake() }()
		client := tls.Client(&parting{ours}, &tls.Config{InsecureSkipVerify: true})
		if err := client.Handshake(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_ = client.Close() // that it could not say so is an error
		if took := time.Since(begin); took != partingWrites {
			t.Errorf("it took %s", took)
		}
	})
}
