package cli

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/posternhq/postern/outbound"
)

// refusedByChat is how many requests the demo's chat refuses before it recovers.
const refusedByChat = 3

// A demoReceiver is the other side of the demo: three webhooks over TLS, each as
// strict as a real one.
type demoReceiver struct {
	listener  net.Listener
	server    *http.Server
	authority *authority
	secret    string
	password  string
	signing   outbound.Signing
	chatted   atomic.Int64
}

func newDemoReceiver() (*demoReceiver, error) {
	a, err := newAuthority("", time.Now())
	if err != nil {
		return nil, err
	}
	r := &demoReceiver{authority: a, secret: demoSecret(), password: rand.Text()}
	key, _, err := outbound.NewKey(r.secret)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	r.signing.Keys = []outbound.Key{key}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	r.listener = tls.NewListener(l, a.config())

	paths := http.NewServeMux()
	paths.HandleFunc("POST /crm", r.crm)
	paths.HandleFunc("POST /newsletter", r.newsletter)
	paths.HandleFunc("POST /chat", r.chat)
	r.server = &http.Server{Handler: paths, ReadTimeout: 10 * time.Second, ErrorLog: discarded}
	return r, nil
}

func demoSecret() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(raw)
}

// settings are those of an agent that reaches this receiver, at free addresses.
func (r *demoReceiver) settings(dir string) (demoSettings, error) {
	d := demoSettings{
		Dir: dir, Receiver: r.listener.Addr().String(),
		roots: r.authority.roots, secret: r.secret, password: r.password,
	}
	var err error
	if d.Console, err = freeAddress(demoConsole); err != nil {
		return d, err
	}
	d.Events, err = freeAddress("127.0.0.1:0")
	return d, err
}

// serve answers until close.
func (r *demoReceiver) serve() error {
	if err := r.server.Serve(r.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

func (r *demoReceiver) close() { _ = r.server.Close() }

func (r *demoReceiver) crm(w http.ResponseWriter, q *http.Request) {
	user, password, _ := q.BasicAuth()
	if user != "postern" || password != r.password {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	if r.signed(w, q) {
		fmt.Fprintln(w, "contact noted")
	}
}

func (r *demoReceiver) newsletter(w http.ResponseWriter, q *http.Request) {
	q.Body = http.MaxBytesReader(w, q.Body, maxReceived)
	if q.PostFormValue("email") == "" {
		http.Error(w, "no email", http.StatusUnprocessableEntity)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (r *demoReceiver) chat(w http.ResponseWriter, q *http.Request) {
	if !r.signed(w, q) {
		return
	}
	if r.chatted.Add(1) <= refusedByChat {
		http.Error(w, "the chat is being restarted", http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "posted")
}

// signed verifies the signature over the body, and answers if it is not valid.
func (r *demoReceiver) signed(w http.ResponseWriter, q *http.Request) bool {
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxReceived))
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return false
	}
	if err := r.signing.Verify(outbound.MessageOf(q, body), time.Now(), tolerance); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return false
	}
	return true
}
