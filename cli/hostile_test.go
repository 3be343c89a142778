package cli

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
)

const (
	seen   = "\u202eevil\u2066 \u2028 <script>alert(1)</script> {\"level\":\"error\"}"
	obeyed = "\x1b[31m\x1b]0;t\x07\x1b]52;c;ZXZpbA==\x07\u009b2J \r\n\x00 " + seen
	binary = "\xff\xfe\x1b[31m\x00" + seen
)

// hostileReceivers are what receivers answer, by the name of their webhook, and
// what is shown of it. Each lasts as long as a connection.
var hostileReceivers = map[string]struct{ answer, shows, body string }{
	"text":     {answer: "HTTP/1.1 200 OK\r\n\r\n" + obeyed, shows: "response body:", body: obeyed},
	"bytes":    {answer: "HTTP/1.1 200 OK\r\n\r\n" + binary, shows: "response body (base64):", body: binary},
	"zipped":   {answer: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00", shows: "response body (base64):", body: "\x1f\x8b\x08\x00"},
	"reason":   {answer: "HTTP/1.1 500 " + strings.ReplaceAll(obeyed, "\n", "") + "\r\n\r\n", shows: "the receiver answered 500 Internal Server Error"},
	"garbage":  {answer: obeyed, shows: "not an HTTP answer: "},
	"header":   {answer: "HTTP/1.1 200 OK\r\nX-Evil: " + binary + "\r\n\r\n", shows: "not an HTTP answer: "},
	"redirect": {answer: "HTTP/1.1 302 " + seen + "\r\nLocation: http://evil.example/" + seen + "\r\n\r\n", shows: "redirects are not followed; it points to http://evil.example/"},
	"more":     {answer: "HTTP/1.1 204 No\r\n\r\n" + obeyed, shows: "204"},
}

// hostileServer answers each request by its path.
func hostileServer(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			all.Go(func() {
				defer c.Close()
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(c, hostileReceivers[strings.Trim(r.URL.Path, "/")].answer)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return l.Addr().String()
}

// hostileRig is an agent with a webhook for each hostile receiver.
func hostileRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{dir: t.TempDir()}
	receivers := hostileServer(t)
	events, err := freeAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if r.console, err = freeAddress("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	r.conf = fmt.Sprintf(`
agent { data_dir = %q }
listen "http" { address = %q }
console { address = %q }
egress {
  allow      = ["127.0.0.1"]
  allow_http = ["127.0.0.1"]
}
defaults {
  log_response_body = true
  retry { schedule = [] }
}
`, filepath.Join(r.dir, "data"), events, r.console)
	for name := range hostileReceivers {
		r.conf += fmt.Sprintf("webhook %q {\n  url    = \"http://%s/%[1]s\"\n  events = [\"*\"]\n}\n", name, receivers)
	}
	r.path = filepath.Join(r.dir, "postern.hcl")
	r.flags = []string{"--config", r.path}
	if err := os.WriteFile(r.path, []byte(r.conf), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { checkLog(t, r.log.String()) })
	r.start(t, "debug")
	return r
}

// Whatever receivers say, nothing that the program shows is obeyed by a terminal,
// or read as more than it is.
func TestWhatReceiversSayIsInert(t *testing.T) {
	r := hostileRig(t)
	data := filepath.Join(r.dir, "data.json")
	if err := os.WriteFile(data, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := r.verb(t, "send", "contact.subscribed", "--data", data); got.status != 0 {
		t.Fatalf("send: %+v", got)
	}
	for name, want := range hostileReceivers {
		list := r.eventually(t, name+" +(delivered|failed) ", append([]string{"deliveries", "ls", "--webhook", name}, r.flags...)...)
		id := r.deliveries(t, "--webhook", name)[0].ID
		show := r.verb(t, "deliveries", "show", id)
		plain := r.verb(t, "deliveries", "show", id, "--output", "json")
		for _, got := range []ran{list, show, plain} {
			if got.status != 0 || inert.Lines(got.out) != got.out || got.err != "" {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if !strings.Contains(show.out, want.shows) {
			t.Errorf("%s: no %q in\n%s", name, want.shows, show.out)
		}
		checkBody(t, name, plain.out, want.body)
	}
}

// checkBody finds the body whole in what is meant for programs.
func checkBody(t *testing.T, name, text, want string) {
	t.Helper()
	var d console.Delivery
	if err := json.Unmarshal([]byte(text), &d); err != nil || len(d.Attempts) != 1 {
		t.Fatalf("%s: %v in %s", name, err, text)
	}
	got := deref(d.Attempts[0].ResponseBody)
	if d.Attempts[0].Encoding == "base64" {
		raw, err := base64.StdEncoding.DecodeString(got)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got = string(raw)
	}
	if got != want {
		t.Errorf("%s: the body is %q", name, got)
	}
}

// checkLog wants a JSON text a line, and nothing in it that is obeyed.
func checkLog(t *testing.T, log string) {
	attempts := 0
	for line := range strings.Lines(log) {
		line = strings.TrimSuffix(line, "\n")
		var entry struct{ Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || line != inert.Text(line) {
			t.Errorf("logged %q: %v", line, err)
		}
		if entry.Msg == "attempt" {
			attempts++
		}
	}
	if attempts != len(hostileReceivers) {
		t.Errorf("%d attempts are logged:\n%s", attempts, log)
	}
}
