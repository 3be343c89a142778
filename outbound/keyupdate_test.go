package outbound

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// updatesKeys reads a request over TLS, and then changes the key of what it
// says, and says nothing, for ever. No library does that: it writes the records
// itself, by the secret of the session. First comes what it has to say, if anything, in
// one record. wish is 1 where we are to change our key as well, and to say so.
func updatesKeys(first string, wish byte) act {
	return func(p *peer) {
		var secrets bytes.Buffer
		change := func(c *tls.Config) {
			c.MinVersion, c.SessionTicketsDisabled, c.KeyLogWriter = tls.VersionTLS13, true, &secrets
		}
		secured(change, asked, func(p *peer) {
			if suite := p.Conn.(*tls.Conn).ConnectionState().CipherSuite; suite != tls.TLS_AES_128_GCM_SHA256 {
				p.net.t.Errorf("the suite is %s", tls.CipherSuiteName(suite))
				return
			}
			records := byte(0)
			if first != "" {
				tell(first)(p)
				records++
			}
			secret := serverSecret(secrets.String())
			beneath(func(p *peer) {
				_, err := p.Write(keyUpdate(secret, records, wish))
				for err == nil {
					secret = expand(secret, "traffic upd", sha256.Size)
					_, err = p.Write(keyUpdate(secret, 0, wish))
				}
			})(p)
		})(p)
	}
}

// serverSecret finds the secret of what a server says in a log of keys.
func serverSecret(log string) []byte {
	for line := range strings.Lines(log) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "SERVER_TRAFFIC_SECRET_0" {
			secret, _ := hex.DecodeString(f[2]) // a bad one ends in garbage, which a test sees
			return secret
		}
	}
	return nil
}

// keyUpdate is the record (RFC 8446, section 4.6.3), after so many others under
// its secret.
func keyUpdate(secret []byte, records, wish byte) []byte {
	block, err := aes.NewCipher(expand(secret, "key", 16))
	if err != nil {
		panic(err)
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	said := []byte{24, 0, 0, 1, wish, 22}
	head := []byte{23, 3, 3, 0, byte(len(said) + seal.Overhead())}
	nonce := expand(secret, "iv", seal.NonceSize())
	nonce[len(nonce)-1] ^= records
	return seal.Seal(head, nonce, said, head)
}

// expand is HKDF-Expand-Label of RFC 8446, section 7.1, with an empty context.
func expand(secret []byte, label string, length int) []byte {
	info := append([]byte{0, byte(length), byte(len("tls13 " + label))}, "tls13 "+label+"\x00"...)
	out, err := hkdf.Expand(sha256.New, secret, string(info), length)
	if err != nil {
		panic(err)
	}
	return out
}

// A glued connection holds back what is written, to say it in one.
type glued struct {
	net.Conn
	holds bool
	held  []byte
}

func (g *glued) Write(b []byte) (int, error) {
	if !g.holds {
		return g.Conn.Write(b)
	}
	g.held = append(g.held, b...)
	return len(b), nil
}

// A wish for other keys that came with an answer is read before the connection is
// used again, and would be answered: who asks doesn't wait until the peer reads that.
func TestAWishForOtherKeysAtRest(t *testing.T) {
	ca := newAuthority(t, "known")
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		var secrets bytes.Buffer
		g := &glued{Conn: theirs}
		server := tls.Server(g, &tls.Config{
			Certificates: []tls.Certificate{ca.issue(nil)}, SessionTicketsDisabled: true, KeyLogWriter: &secrets,
			MinVersion: tls.VersionTLS13,
		})
		said := make(chan error, 1)
		go func() {
			err := server.Handshake()
			g.holds = true
			_, _ = io.WriteString(server, "a") // it is held
			_, _ = g.Write(keyUpdate(serverSecret(secrets.String()), 1, 1))
			_, wrong := theirs.Write(g.held)
			said <- errors.Join(err, wrong)
		}()
		client := tls.Client(&parting{ours}, &tls.Config{InsecureSkipVerify: true})
		if _, err := io.ReadFull(client, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if err := <-said; err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if silent(client) {
			t.Error("it is silent")
		}
		client.Close()
		if took := time.Since(begin); took > partingWrites {
			t.Errorf("it took %s", took)
		}
	})
}
