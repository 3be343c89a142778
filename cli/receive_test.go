package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/outbound"
)

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// A receiving is a receive verb that runs.
type receiving struct {
	url  string
	stop context.CancelFunc
	done <-chan ran
}

var listeningOn = regexp.MustCompile(`Listening on (https?://\S+)/`)

// receive starts the verb and waits until it listens.
func receive(t *testing.T, args ...string) receiving {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stderr, w := io.Pipe()
	done := make(chan ran, 1)
	greeted := make(chan string, 1)
	var said bytes.Buffer
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			if m := listeningOn.FindStringSubmatch(lines.Text()); m != nil {
				greeted <- m[1]
			}
		}
	}()
	go func() {
		var out bytes.Buffer
		status := run(ctx, append([]string{"receive", "--listen", "127.0.0.1:0"}, args...), strings.NewReader(""), &out, w)
		_ = w.Close()
		<-reading
		done <- ran{status, out.String(), said.String()}
	}()
	r := receiving{stop: stop, done: done}
	t.Cleanup(stop)
	select {
	case r.url = <-greeted:
	case got := <-done:
		t.Fatalf("ended at once: %+v", got)
	}
	return r
}

func (r receiving) end(t *testing.T) ran {
	t.Helper()
	r.stop()
	return <-r.done
}

func signedRequest(t *testing.T, method, url, body, signed string, headers map[string]string) *http.Request {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := outbound.NewKey(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Webhook-Id", "evt_1")
	q.Header.Set("Webhook-Timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	outbound.Signing{Keys: []outbound.Key{key}}.Sign(&outbound.Message{Method: "POST", Header: q.Header, Body: []byte(signed)})
	for name, value := range headers {
		if value == "" {
			q.Header.Del(name)
			continue
		}
		q.Header.Set(name, value)
	}
	return q
}

func do(t *testing.T, c *http.Client, q *http.Request) (status int, body string) {
	t.Helper()
	r, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(raw)
}

func TestReceiveTellsValidFromInvalidSignatures(t *testing.T) {
	t.Setenv("POSTERN_RECEIVE_SECRET", testSecret)
	r := receive(t, "--output", "json")
	for _, q := range []*http.Request{
		signedRequest(t, "POST", r.url+"/a", `{"x":1}`, `{"x":1}`, nil),
		signedRequest(t, "POST", r.url+"/b", `{"x":1}`, `{"x":2}`, nil),
		signedRequest(t, "POST", r.url+"/c", `{"x":1}`, `{"x":1}`, map[string]string{"Webhook-Timestamp": "1"}),
		signedRequest(t, "POST", r.url+"/d", `{"x":1}`, `{"x":1}`, map[string]string{"Webhook-Signature": ""}),
		signedRequest(t, "GET", r.url+"/e?a=1&b=%20", "", "a=1&b=%20", nil),
	} {
		if status, _ := do(t, http.DefaultClient, q); status != 200 {
			t.Errorf("%s: status %d", q.URL, status)
		}
	}
	ended := r.end(t)
	var got []string
	for line := range strings.Lines(ended.out) {
		var g received
		if err := json.Unmarshal([]byte(line), &g); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got = append(got, g.Method+" "+g.Path+"?"+g.Query+" "+g.Signature)
	}
	want := []string{"POST /a? valid", "POST /b? invalid", "POST /c? invalid", "POST /d? unsigned", "GET /e?a=1&b=%20 valid"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if ended.status != 0 || !strings.HasSuffix(ended.err, "\n5 requests\n") {
		t.Errorf("status %d, %q", ended.status, ended.err)
	}
}

func TestReceivePrintsRequestsWithoutHarm(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(testSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := receive(t, "--secret-file", file, "--status", "202", "--body", "thanks", "--count", "2")
	body := "{\"a\":\"\u202e\u009b\",\n\"n\":1.50}"
	status, answer := do(t, http.DefaultClient, signedRequest(t, "POST", r.url+"/%1b?q=%1b", body, body, map[string]string{
		"Authorization": "Bearer hunter2", "X-Odd": "caf\u00e9\u202e", "Content-Type": "application/json",
	}))
	if status != 202 || answer != "thanks" {
		t.Errorf("answer %d %q", status, answer)
	}
	do(t, http.DefaultClient, signedRequest(t, "POST", r.url+"/x", "\x1b[31m", "", nil))
	got := <-r.done
	for _, want := range []string{
		"POST /%1b?q=%1b -> 202\n",
		"  authorization: Bearer (sensitive)\n",
		"  x-odd: café\\u202e\n",
		"  webhook-id: evt_1\n",
		"  signature: valid (standard)\n",
		"    \"a\": \"\\u202e\\u009b\",\n    \"n\": 1.50\n",
		"  signature: INVALID (standard): no signature matches",
		"\n  \\x1b[31m\n",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("no %q in:\n%s", want, got.out)
		}
	}
	for _, harm := range []string{"\x1b", "\u202e", "\u009b", "hunter2", testSecret} {
		if strings.Contains(got.out+got.err, harm) {
			t.Errorf("%q in:\n%s", harm, got.out+got.err)
		}
	}
}

func TestReceiveOverTLSWithItsOwnCA(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	r := receive(t, "--tls", "--ca-out", file, "--quiet")
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(file)
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("%q, %v", pem, err)
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer c.CloseIdleConnections()
	if status, _ := do(t, c, signedRequest(t, "POST", r.url, "{}", "{}", nil)); status != 200 {
		t.Errorf("status %d", status)
	}
	got := r.end(t)
	if got.status != 0 || got.out != "" || !strings.HasSuffix(got.err, "\n1 request\n") || !strings.Contains(got.err, strconv.Quote(file)) {
		t.Errorf("%+v", got)
	}
}

func TestReceiveSaysWhatAConfigurationNeeds(t *testing.T) {
	block := regexp.MustCompile(`(?s)egress \{.*?\n  \}`)
	for _, tls := range []bool{false, true} {
		var said bytes.Buffer
		ca, err := newAuthority("", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, ca.roots, 0o600); err != nil {
			t.Fatal(err)
		}
		(&receiveVerb{TLS: tls}).greet(&session{err: &said}, "127.0.0.1:9000", file)
		url := listeningOn.FindStringSubmatch(said.String())
		if url == nil {
			t.Fatalf("no URL in %s", &said)
		}
		path := writeConfig(t, block.FindString(said.String())+`
webhook "crm" {
  url    = "`+url[1]+`"
  events = ["*"]
}`)
		if got := invoke(t, "", "validate", path); got.status != 0 {
			t.Errorf("%s\n%+v", &said, got)
		}
	}
}

func TestReceiveIsReachedWhereItListens(t *testing.T) {
	everywhere, here := &net.TCPAddr{IP: net.IPv6unspecified, Port: 9000}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9000}
	for asked, at := range map[string]net.Addr{"0.0.0.0:0": everywhere, ":9000": everywhere, "[::]:9000": everywhere, "localhost:9000": here} {
		if got := reachable(asked, at); got != "127.0.0.1:9000" {
			t.Errorf("%s: %s", asked, got)
		}
	}
}

func TestReceiveSaysWhereAnotherProgramIs(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	got := invoke(t, "", "receive", "--listen", address)
	if want := "another program has " + address + ": choose another address with --listen"; got.status != 1 || !strings.Contains(got.err, want) {
		t.Errorf("%+v", got)
	}
}

func TestReceiveRemovesTheTemporaryCA(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	receive(t, "--tls").end(t)
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReceiveFailsAsOftenAsAsked(t *testing.T) {
	r := receive(t, "--fail-rate", "1", "--quiet")
	if status, _ := do(t, http.DefaultClient, signedRequest(t, "POST", r.url, "", "", nil)); status != 500 {
		t.Errorf("status %d", status)
	}
	if got := r.end(t); !strings.HasSuffix(got.err, "\n1 request, 1 of them answered without success\n") {
		t.Errorf("%q", got.err)
	}
}

func TestReceiveRefusesBodiesThatAreTooLong(t *testing.T) {
	r := receive(t, "--quiet")
	body := strings.Repeat("x", maxReceived+1)
	if status, _ := do(t, http.DefaultClient, signedRequest(t, "POST", r.url, body, "", nil)); status != 413 {
		t.Errorf("status %d", status)
	}
	r.end(t)
}

func TestReceiveEndsWhileAnAnswerIsDelayed(t *testing.T) {
	r := receive(t, "--delay", "1h")
	q := signedRequest(t, "POST", r.url, "", "", nil)
	broken := make(chan error, 1)
	go func() {
		a, err := http.DefaultClient.Do(q)
		if err == nil {
			_ = a.Body.Close()
		}
		broken <- err
	}()
	if got := r.end(t); got.status != 0 {
		t.Errorf("%+v", got)
	}
	if err := <-broken; err == nil {
		t.Error("the request was answered")
	}
}

func TestReceiveKnowsEachScheme(t *testing.T) {
	const private = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
	sign := func(q *http.Request, s *outbound.Scheme, text string) *http.Request {
		key, _, err := s.Key(text)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Del("Webhook-Signature")
		outbound.Signing{Scheme: s, Keys: []outbound.Key{key}}.Sign(outbound.MessageOf(q, []byte("{}")))
		return q
	}
	r := receive(t, "--output", "json", "--secret", testSecret, "--secret", "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")
	post := func() *http.Request { return signedRequest(t, "POST", r.url, "{}", "{}", nil) }
	for _, q := range []*http.Request{
		post(), sign(post(), outbound.Standard, private), sign(post(), outbound.GitHub, testSecret),
		sign(post(), outbound.Stripe, testSecret), sign(post(), outbound.Shopify, testSecret), sign(post(), outbound.GitHub, "another secret of some length"),
	} {
		do(t, http.DefaultClient, q)
	}
	want := []string{"valid standard", "valid standard", "valid github", "valid stripe", "valid shopify", "invalid github"}
	if diff := cmp.Diff(want, verdicts(t, r.end(t).out)); diff != "" {
		t.Error(diff)
	}
}

// verdicts are what receive says of each request.
func verdicts(t *testing.T, out string) (all []string) {
	t.Helper()
	for line := range strings.Lines(out) {
		var g received
		if err := json.Unmarshal([]byte(line), &g); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, strings.TrimSpace(g.Signature+" "+g.Scheme))
	}
	return all
}

func TestReceiveChecksAsAWebhookSigns(t *testing.T) {
	path := writeConfig(t, `webhook "crm" {
  url    = "https://h"
  events = ["*"]
  secret = "It's a Secret to Everybody"
  signature "hmac" {
    header  = "X-Crm"
    content = "{id}:{body}"
  }
}
webhook "unsigned" {
  url    = "https://h"
  events = ["*"]
}`)
	r := receive(t, "--output", "json", "--config", path, "--webhook", "crm")
	for _, signature := range []string{"", "00", "85ce3d2a0da5fd2f64f40d93f4c2f4aa21e3b7fbaa4ebb9f3f1d12e5e1a9e7f9"} {
		do(t, http.DefaultClient, signedRequest(t, "POST", r.url, "{}", "{}", map[string]string{"X-Crm": signature}))
	}
	mac := hmac.New(sha256.New, []byte("It's a Secret to Everybody"))
	mac.Write([]byte("evt_1:{}"))
	do(t, http.DefaultClient, signedRequest(t, "POST", r.url, "{}", "{}", map[string]string{"X-Crm": hex.EncodeToString(mac.Sum(nil))}))
	if diff := cmp.Diff([]string{"unsigned", "invalid hmac", "invalid hmac", "valid hmac"}, verdicts(t, r.end(t).out)); diff != "" {
		t.Error(diff)
	}
	for args, want := range map[string]string{
		"--webhook none":                          `there is no webhook "none"`,
		"--webhook unsigned":                      "unsigned has no secret",
		"--webhook crm --secret " + testSecret:    "--webhook brings its secrets",
		"--webhook crm --config " + path + ".not": "",
	} {
		got := invoke(t, "", append([]string{"receive", "--config", path}, strings.Fields(args)...)...)
		if got.status == 0 || !strings.Contains(got.err, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
