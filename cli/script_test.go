package cli_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/posternhq/postern/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"postern": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestStories runs each testdata/script/*.txtar through the real program. A
// story has a receiver in this process; what it can say beside the usual:
//
//	receiver NAME [ADDRESS]  starts an HTTPS receiver: $NAME_URL, its CA in ca.pem
//	answer NAME STATUS…      the statuses of the next answers; the last one stays.
//	                         "hang" holds requests until the next answer command
//	received NAME N          waits until NAME has had N requests
//	never NAME N             fails if NAME has had more than N requests
//	request NAME N FILE      writes the N-th request to FILE, as it came
//	same FILE FILE HEADER…   the two requests agree in these headers, and in the body
//	port VAR                 finds a free port
//	waitfile FILE            waits until FILE is there
//	ready                    waits until the agent on $CONSOLE is ready
//	gone                     waits until nobody listens on $CONSOLE
//	eventually PATTERN ARG…  runs postern ARG… until its output matches
//	post STATUS FILE [URL]   posts FILE as an event and wants STATUS; the answer is in answer.json
//	signal NAME              sends NAME to the agent that owns ./data
//	exits STATUS ARG…        runs postern ARG… and wants its exit status
//	left FOLDER              copies what testdata/FOLDER has of an older build
//	keep FOLDER FILE…        with -update: makes testdata/FOLDER of these files
func TestStories(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes with -race, which looks at the same rooms in their own tests")
	}
	testscript.Run(t, told(testscript.Params{Dir: filepath.Join("testdata", "script")}))
}

// told gives stories what they can say.
func told(p testscript.Params) testscript.Params {
	return testscript.Params{
		Dir: p.Dir, Files: p.Files,
		Setup: func(e *testscript.Env) error {
			ca, err := newAuthority(filepath.Join(e.WorkDir, "ca.pem"))
			if err != nil {
				return err
			}
			s := &story{ca: ca, receivers: make(map[string]*receiver)}
			e.Values["story"] = s
			testdata, err := filepath.Abs("testdata")
			if err != nil {
				return err
			}
			e.Setenv("TESTDATA", testdata)
			e.Defer(s.close)
			for _, v := range []string{"CONSOLE", "EVENTS"} {
				addr, err := freeAddr()
				if err != nil {
					return err
				}
				e.Setenv(v, addr)
			}
			e.Setenv("POSTERN_CONSOLE", e.Getenv("CONSOLE"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"receiver":   cmdReceiver,
			"answer":     cmdAnswer,
			"received":   cmdReceived,
			"never":      cmdNever,
			"request":    cmdRequest,
			"same":       cmdSame,
			"port":       cmdPort,
			"waitfile":   cmdWaitFile,
			"ready":      cmdReady,
			"gone":       cmdGone,
			"eventually": cmdEventually,
			"post":       cmdPost,
			"signal":     cmdSignal,
			"exits":      cmdExits,
			"damage":     cmdDamage,
			"left":       cmdLeft,
			"keep":       cmdKeep,
		},
	}
}

// patience is how long a story waits for what has to happen.
const patience = 30 * time.Second

// until asks again until done says yes; it is the only clock of the stories.
func until(ts *testscript.TestScript, what string, done func() bool) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !done() {
		select {
		case <-late:
			ts.Fatalf("waited %s for %s", patience, what)
		case <-tick.C:
		}
	}
}

type story struct {
	ca        *authority
	receivers map[string]*receiver
}

func (s *story) close() {
	for _, r := range s.receivers {
		r.answer([]string{"200"})
		r.server.Close()
	}
}

func tale(ts *testscript.TestScript) *story { return ts.Value("story").(*story) }

func (s *story) receiver(ts *testscript.TestScript, name string) *receiver {
	r := s.receivers[name]
	if r == nil {
		ts.Fatalf("no receiver %s", name)
	}
	return r
}

// A receiver keeps every request as it came.
type receiver struct {
	server *httptest.Server

	mu       sync.Mutex
	requests [][]byte
	statuses []string
	release  chan struct{}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	dump, err := httputil.DumpRequest(q, true)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.requests = append(r.requests, dump)
	status := r.statuses[0]
	if len(r.statuses) > 1 {
		r.statuses = r.statuses[1:]
	}
	release := r.release
	r.mu.Unlock()
	if status == "hang" {
		select {
		case <-release:
		case <-q.Context().Done():
		}
		return
	}
	code, _ := strconv.Atoi(status)
	w.WriteHeader(code)
	_, _ = io.WriteString(w, "thanks")
}

func (r *receiver) answer(statuses []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statuses = statuses
	if r.release != nil {
		close(r.release)
	}
	r.release = make(chan struct{})
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.requests)
}

func cmdReceiver(ts *testscript.TestScript, _ bool, args []string) {
	s := tale(ts)
	r := &receiver{statuses: []string{"200"}, release: make(chan struct{})}
	r.server = httptest.NewUnstartedServer(r)
	if len(args) > 1 {
		r.listenOn(ts, args[1])
	}
	r.server.TLS = &tls.Config{Certificates: []tls.Certificate{s.ca.leaf}}
	r.server.StartTLS()
	s.receivers[args[0]] = r
	ts.Setenv(strings.ToUpper(args[0])+"_URL", r.server.URL)
}

// listenOn takes an address that another run of the same story may still have.
func (r *receiver) listenOn(ts *testscript.TestScript, address string) {
	ts.Check(r.server.Listener.Close())
	until(ts, address+" to be free", func() bool {
		l, err := net.Listen("tcp", address)
		r.server.Listener = l
		return err == nil
	})
}

func cmdAnswer(ts *testscript.TestScript, _ bool, args []string) {
	tale(ts).receiver(ts, args[0]).answer(args[1:])
}

func cmdReceived(ts *testscript.TestScript, _ bool, args []string) {
	r, n := tale(ts).receiver(ts, args[0]), number(ts, args[1])
	until(ts, fmt.Sprintf("request %d at %s", n, args[0]), func() bool { return r.count() >= n })
}

func cmdNever(ts *testscript.TestScript, _ bool, args []string) {
	r, n := tale(ts).receiver(ts, args[0]), number(ts, args[1])
	if got := r.count(); got > n {
		ts.Fatalf("%s had %d requests, more than %d", args[0], got, n)
	}
}

func cmdRequest(ts *testscript.TestScript, _ bool, args []string) {
	r, n := tale(ts).receiver(ts, args[0]), number(ts, args[1])
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > len(r.requests) {
		ts.Fatalf("%s had %d requests", args[0], len(r.requests))
	}
	text := strings.ReplaceAll(string(r.requests[n-1]), "\r\n", "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(text), 0o600))
}

func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	one, two := ts.ReadFile(args[0]), ts.ReadFile(args[1])
	part := func(text, header string) string {
		head, body, _ := strings.Cut(text, "\n\n")
		if header == "" {
			return body
		}
		for line := range strings.Lines(head) {
			if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, header) {
				return value
			}
		}
		ts.Fatalf("no header %s in\n%s", header, head)
		return ""
	}
	for _, header := range append(args[2:], "") {
		if same := part(one, header) == part(two, header); same == neg {
			ts.Fatalf("%q: same = %v\n%s\n%s", header, same, one, two)
		}
	}
}

func cmdPort(ts *testscript.TestScript, _ bool, args []string) {
	addr, err := freeAddr()
	ts.Check(err)
	_, port, _ := net.SplitHostPort(addr)
	ts.Setenv(args[0], port)
}

func cmdWaitFile(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, args[0], func() bool {
		_, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil
	})
}

func cmdReady(ts *testscript.TestScript, _ bool, _ []string) {
	until(ts, "the agent to be ready", func() bool {
		resp, err := http.Get("http://" + ts.Getenv("CONSOLE") + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func cmdGone(ts *testscript.TestScript, _ bool, _ []string) {
	until(ts, "the agent to be gone", func() bool {
		c, err := net.Dial("tcp", ts.Getenv("CONSOLE"))
		if err == nil {
			c.Close()
		}
		return err != nil
	})
}

func cmdEventually(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	until(ts, args[0], func() bool {
		out, _ := program(ts, args[1:]).CombinedOutput() // a refusal is an answer as well
		return pattern.Match(out)
	})
}

func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	c := program(ts, args[1:])
	out, _ := c.CombinedOutput() // its status is looked at
	if got, want := c.ProcessState.ExitCode(), number(ts, args[0]); got != want {
		ts.Fatalf("exit status %d, want %d\n%s", got, want, out)
	}
}

// program is the command, in the story's directory and environment.
func program(ts *testscript.TestScript, args []string) *exec.Cmd {
	first, _, _ := strings.Cut(ts.Getenv("PATH"), string(os.PathListSeparator)) // where testscript put it
	c := exec.Command(filepath.Join(first, "postern"), args...)
	c.Dir = ts.MkAbs(".")
	c.Env = append(os.Environ(), "POSTERN_CONSOLE="+ts.Getenv("CONSOLE"), "CONSOLE="+ts.Getenv("CONSOLE"), "EVENTS="+ts.Getenv("EVENTS"))
	return c
}

// cmdPost posts a file: post STATUS FILE [URL or PATH] ["Header: value"…].
func cmdPost(ts *testscript.TestScript, _ bool, args []string) {
	door := "http://" + ts.Getenv("EVENTS")
	q, err := http.NewRequest(http.MethodPost, door+"/v1/events", strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	q.Header.Set("Content-Type", "application/json")
	for _, arg := range args[2:] {
		if name, value, isHeader := strings.Cut(arg, ": "); isHeader {
			q.Header.Set(name, value)
			continue
		}
		if strings.HasPrefix(arg, "/") {
			arg = door + arg
		}
		q.URL, err = url.Parse(arg)
		ts.Check(err)
		q.Host = q.URL.Host
	}
	resp, err := http.DefaultClient.Do(q)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer.json"), body, 0o600))
	if want := number(ts, args[0]); resp.StatusCode != want {
		ts.Fatalf("posting %s: %d, want %d: %s", args[1], resp.StatusCode, want, body)
	}
}

func cmdSignal(ts *testscript.TestScript, _ bool, args []string) {
	pid := number(ts, strings.TrimSpace(ts.ReadFile(filepath.Join("data", "lock"))))
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT}
	ts.Check(syscall.Kill(pid, signals[args[0]]))
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

// The ports that stories get lie below those that the system gives to outgoing
// connections: nobody takes one between two runs of an agent. Other processes
// that run these tests begin elsewhere.
const firstPort, ports = 20_000, 10_000

var lastPort atomic.Int64

func freeAddr() (string, error) {
	for range ports {
		port := firstPort + (int64(os.Getpid())*97+lastPort.Add(1))%ports
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
	}
	return "", errors.New("no port is free")
}

// An authority signs one certificate for 127.0.0.1.
type authority struct{ leaf tls.Certificate }

func newAuthority(caFile string) (*authority, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	pemCA := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
	if err := os.WriteFile(caFile, pemCA, 0o600); err != nil {
		return nil, err
	}
	return &authority{leaf: tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: key}}, nil
}

// damage PATTERN changes a bit in the middle of the largest file that the pattern
// names.
func cmdDamage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage PATTERN")
	}
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	var largest string
	var content []byte
	for _, name := range names {
		raw, err := os.ReadFile(name)
		ts.Check(err)
		if len(raw) > len(content) {
			largest, content = name, raw
		}
	}
	if len(content) == 0 {
		ts.Fatalf("no file is named by %s", args[0])
	}
	content[len(content)/2] ^= 1
	ts.Check(os.WriteFile(largest, content, 0o600))
}
