package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/internal/durable"
)

type receiveVerb struct {
	output
	Listen     string        `help:"Address to listen on (${default})." default:"127.0.0.1:9000" env:"POSTERN_RECEIVE_LISTEN" placeholder:"HOST:PORT"`
	TLS        bool          `name:"tls" help:"Speak HTTPS, with a certificate from a CA made for this run." env:"POSTERN_RECEIVE_TLS"`
	CAOut      string        `name:"ca-out" help:"With --tls: write the CA's certificate here, for egress.ca_file. Default: a temporary file, removed at the end." type:"path" env:"POSTERN_RECEIVE_CA_OUT" placeholder:"FILE"`
	SecretFile []string      `help:"File with a secret that may have signed, or a public key (whpk_). May repeat." type:"existingfile" sep:"none" env:"POSTERN_RECEIVE_SECRET_FILE" placeholder:"FILE"`
	Secret     []string      `help:"A secret that may have signed; other users see it in the list of processes, a variable or --secret-file is better. May repeat." sep:"none" env:"POSTERN_RECEIVE_SECRET" placeholder:"SECRET"`
	Webhook    string        `help:"Check as this webhook of the configuration signs, with its secrets. Default: by the header, which tells standard, github, stripe and shopify apart." env:"POSTERN_RECEIVE_WEBHOOK" placeholder:"NAME"`
	Status     int           `help:"Status to answer with (${default})." default:"200" env:"POSTERN_RECEIVE_STATUS" placeholder:"N"`
	Body       string        `help:"Body to answer with." env:"POSTERN_RECEIVE_BODY" placeholder:"TEXT"`
	Delay      time.Duration `help:"Wait so long before each answer." env:"POSTERN_RECEIVE_DELAY" placeholder:"DURATION"`
	FailRate   float64       `help:"Answer this share of requests, 0 to 1, with 500." env:"POSTERN_RECEIVE_FAIL_RATE" placeholder:"SHARE"`
	Count      int           `help:"End after so many requests. Default: never." env:"POSTERN_RECEIVE_COUNT" placeholder:"N"`
	Quiet      bool          `short:"q" help:"Print no requests, only their number at the end." env:"POSTERN_RECEIVE_QUIET"`
	configFlag
	dataDirFlag
}

// Validate is called by kong once the flags are read.
func (v *receiveVerb) Validate() error {
	switch {
	case v.Status < 200 || v.Status > 599:
		return fmt.Errorf("--status is 200 to 599, not %d", v.Status)
	case !(v.FailRate >= 0 && v.FailRate <= 1):
		return fmt.Errorf("--fail-rate is 0 to 1, not %v", v.FailRate)
	case v.Delay < 0 || v.Count < 0:
		return errors.New("--delay and --count can't be negative")
	case v.CAOut != "" && !v.TLS:
		return errors.New("--ca-out goes with --tls")
	case v.Webhook != "" && len(v.Secret)+len(v.SecretFile) > 0:
		return errors.New("--webhook brings its secrets: leave out --secret and --secret-file")
	}
	return nil
}

func (v *receiveVerb) Run(s *session) error {
	keys, err := v.keyring(s)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", v.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("receive: another program has %s: choose another address with --listen, or end it", v.Listen)
	}
	if err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	defer listener.Close()
	caFile := ""
	if v.TLS {
		a, err := newAuthority(hostOf(v.Listen), time.Now())
		if err != nil {
			return err
		}
		var remove func()
		if caFile, remove, err = keepRoots(a.roots, v.CAOut); err != nil {
			return err
		}
		defer remove()
		listener = tls.NewListener(listener, a.config())
	}

	ctx, stop := untilSignal(s.ctx, s.hangups)
	defer stop()
	r := &receiver{verb: v, keys: keys, out: s.out, full: make(chan struct{})}
	v.greet(s, reachable(v.Listen, listener.Addr()), caFile)
	err = r.serve(ctx, listener)
	fmt.Fprintln(s.err, r.summary())
	return err
}

// keyring is that of flags and files, or of a webhook.
func (v *receiveVerb) keyring(s *session) (keyring, error) {
	if v.Webhook == "" {
		return newKeyring(v.Secret, v.SecretFile)
	}
	g, err := s.load(v.path(), config.Inputs{Stored: v.stored})
	if err != nil {
		return keyring{}, err
	}
	w := g.Plan.Webhooks[v.Webhook]
	switch {
	case w == nil:
		return keyring{}, usageError{fmt.Sprintf("--webhook: there is no webhook %q", v.Webhook)}
	case !w.Sign.On():
		return keyring{}, usageError{fmt.Sprintf("--webhook: %s has no secret, so its requests are unsigned", v.Webhook)}
	}
	return keyring{only: &w.Sign}, nil
}

// trimLine removes one line ending, as `echo` and editors leave it.
func trimLine(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}

// reachable is where a listener on asked is reached from this machine. Of
// 0.0.0.0 the system makes [::], and IPv4 is what was meant.
func reachable(asked string, at net.Addr) string {
	_, port, _ := net.SplitHostPort(at.String())
	if hostOf(asked) == "" {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return at.String()
}

func hostOf(address string) string {
	host, _, _ := net.SplitHostPort(address)
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		return ""
	}
	return host
}

// keepRoots writes a CA's certificate to path, or to a temporary file that
// remove removes.
func keepRoots(roots []byte, path string) (name string, remove func(), err error) {
	if path != "" {
		return path, func() {}, durable.WriteFile(path, roots, 0o644) // whole, or not there yet
	}
	f, err := os.CreateTemp("", "postern-receive-*.pem")
	if err != nil {
		return "", nil, err
	}
	_, err = f.Write(roots)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return "", nil, err
	}
	return f.Name(), func() { _ = os.Remove(f.Name()) }, nil
}

// greet says where the receiver is and what a configuration needs to reach it.
func (v *receiveVerb) greet(s *session, address, caFile string) {
	scheme, reach := "http", fmt.Sprintf("allow      = [%q]\n    allow_http = [%q]", address, address)
	if v.TLS {
		scheme, reach = "https", fmt.Sprintf("allow   = [%q]\n    ca_file = %q", address, caFile)
	}
	fmt.Fprintf(s.err, "Listening on %s://%s/\nA webhook reaches it by that URL, and with\n\n  egress {\n    %s\n  }\n\n", scheme, address, reach)
	if v.TLS && v.CAOut == "" {
		fmt.Fprintln(s.err, "The CA's file is removed at the end; --ca-out FILE keeps one.")
	}
	fmt.Fprintln(s.err, "Ctrl-C ends it.")
}

// serve answers requests until ctx ends or enough have come.
func (r *receiver) serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{
		Handler:           r,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          discarded,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("receive: %w", err)
	case <-ctx.Done():
	case <-r.full:
	}
	last, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	if server.Shutdown(last) != nil {
		cancel() // answers that are delayed
		_ = server.Close()
	}
	<-served
	return nil
}
