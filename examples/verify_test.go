package examples

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/outbound"
)

// A verifier is one of those in receivers-verify.
type verifier struct {
	name    string
	command []string // with the port in its place
	needs   []string
	no      string // a scheme that its standard library can't check
}

const portHere = "PORT"

var verifiers = []verifier{
	{name: "go", needs: []string{"go", "version"}}, // built by the test
	{name: "node", command: []string{"node", "receivers-verify/receive.mjs"}, needs: []string{"node", "--version"}},
	{name: "python", command: []string{"python3", "receivers-verify/receive.py"}, needs: []string{"python3", "--version"}, no: "ed25519"},
	{name: "php", command: []string{"php", "-S", "127.0.0.1:" + portHere, "receivers-verify/receive.php"},
		needs: []string{"php", "-r", `exit(extension_loaded("sodium") ? 0 : 1);`}},
}

// What both sides know. The receiver also knows a secret that nobody signs with.
const (
	newSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	sharedSecret = "a-secret-that-both-sides-know"
	publicHalf   = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
)

// known are the secrets of a configuration; strange ones no receiver knows.
var (
	known = map[string]string{
		"OLD": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "NEW": newSecret, "SHARED": sharedSecret,
		"PRIVATE": "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=",
	}
	strange = map[string]string{
		"OLD": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "NEW": "whsec_" + strings.Repeat("A", 32), "SHARED": "a-secret-that-nobody-knows",
		"PRIVATE": "whsk_" + strings.Repeat("A", 43) + "=",
	}
)

// schemes are those of the receivers, and how a webhook asks for them. Where
// there are two secrets, the receiver knows the second.
var schemes = []struct {
	name, settings string
	timed          bool // the time of the attempt is signed
	identified     bool // and so is webhook-id
}{
	{"standard", `secret = [env("OLD"), env("NEW")]`, true, true},
	{"ed25519", `secret = [env("OLD"), env("PRIVATE")]`, true, true},
	{"github", "secret = env(\"SHARED\")\nsignature \"github\" {}", false, false},
	{"stripe", "secret = [env(\"OLD\"), env(\"NEW\")]\nsignature \"stripe\" {}", true, false},
	{"shopify", "secret = env(\"SHARED\")\nsignature \"shopify\" {}", false, false},
	{"hmac", `
  secret = env("SHARED")
  signature "hmac" {
    header           = "X-Slack-Signature"
    timestamp_header = "X-Slack-Request-Timestamp"
    prefix           = "v0="
    content          = "v0:{timestamp}:{body}"
  }`, true, false},
}

var forms = map[string]string{"json": "", "form": `content_type = "form"`, "get": `method = "GET"`}

// webhooks is one for each scheme and form, at a receiver.
func webhooks(address string) string {
	var b strings.Builder
	for _, s := range schemes {
		for form, setting := range forms {
			fmt.Fprintf(&b, `
webhook "to-%s-%s" {
  url     = "%s/%s?own=1"
  events  = ["*"]
  payload = { id = expr("contact.id"), name = expr("contact.name") }
  %s
  %s
}
`, s.name, form, address, s.name, setting, s.settings)
		}
	}
	return b.String()
}

// listening starts a receiver, and tells where it is.
func listening(t *testing.T, v verifier) string {
	t.Helper()
	ready(t, v.needs)
	command := v.command
	if v.name == "go" {
		built, err := build("./receivers-verify")
		if err != nil {
			t.Fatal(err)
		}
		command = []string{built}
	}
	port := freePort(t)
	var args []string
	for _, arg := range command {
		args = append(args, strings.Replace(arg, portHere, port, 1))
	}
	var out bytes.Buffer
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(c.Environ(), "PORT="+port, "WEBHOOK_SECRETS=another-secret-of-ours "+sharedSecret+" "+newSecret,
		"WEBHOOK_PUBLIC_KEY="+publicHalf, "SEEN_DIR="+t.TempDir())
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = c.Process.Kill() // of one that has ended there is nothing to kill
		<-ended
		if t.Failed() {
			t.Logf("%s", out.Bytes())
		}
	})
	go func() {
		_ = c.Wait() // it is killed
		close(ended)
	}()
	until(t, v.name+" to listen", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return "127.0.0.1:" + port
}

var lastPort atomic.Int64

// freePort is below those that the system gives to outgoing connections, so that
// nobody takes it before the receiver does.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := 10_000 + (int64(os.Getpid())*97+lastPort.Add(1))%10_000
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			l.Close()
			return strconv.FormatInt(port, 10)
		}
	}
	t.Fatal("no port is free")
	return ""
}

// generation is a configuration with a webhook for each scheme and form.
func generation(t *testing.T, secrets map[string]string) *config.Generation {
	t.Helper()
	files := config.Files{Dir: t.TempDir(), Files: []config.File{{Name: "postern.hcl", Content: []byte(webhooks("https://hooks.example.com"))}}}
	g, ds := config.Load(files, config.Inputs{Env: func(name string) (string, bool) { v, ok := secrets[name]; return v, ok }})
	if ds.HasErrors() {
		t.Fatal(ds.Error())
	}
	return g
}

// request is what goes out for an event of the given id at a time.
func request(t *testing.T, g *config.Generation, webhook, id string, at time.Time) *http.Request {
	t.Helper()
	raw := fmt.Sprintf(`{"id": %q, "type": "contact.subscribed", "data": {"contact": {"id": 42, "name": "Zoë & Søn ✓"}}}`, id)
	events, err := agent.ReadEvents([]byte(raw), "", at)
	if err != nil {
		t.Fatal(err)
	}
	r, err := outbound.Compose(g.Plan, g.Plan.Webhooks[webhook], &events[0], at, "1.0")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// changePayload adds to what is signed.
func changePayload(t *testing.T, r *http.Request) {
	t.Helper()
	if r.Method == http.MethodGet {
		r.URL.RawQuery += "&more=1"
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	body = append(body, ' ')
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
}

// deliver sends a request to a receiver, and gives its status.
func deliver(t *testing.T, r *http.Request, address string) int {
	t.Helper()
	r.URL.Scheme, r.URL.Host, r.Host = "http", address, address
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

// The requests are those that Postern makes, but for what is said.
func TestReceiversTellGoodRequestsFromBadOnes(t *testing.T) {
	alien(t)
	t.Parallel()
	good, bad := generation(t, known), generation(t, strange)
	for _, v := range verifiers {
		t.Run(v.name, func(t *testing.T) {
			address := listening(t, v)
			for _, s := range schemes {
				if s.name == v.no {
					continue
				}
				for form := range forms {
					name, now := "to-"+s.name+"-"+form, time.Now()
					try := func(what string, want int, r *http.Request) {
						t.Helper()
						if got := deliver(t, r, address); got != want {
							t.Errorf("%s, %s: %d, want %d", name, what, got, want)
						}
					}
					refusedIf := func(covered bool) int {
						if covered {
							return http.StatusUnauthorized
						}
						return http.StatusAccepted
					}
					try("as it comes", http.StatusAccepted, request(t, good, name, name, now))
					try("once more", http.StatusOK, request(t, good, name, name, now.Add(time.Second)))
					try("with another secret", http.StatusUnauthorized, request(t, bad, name, name+"-strange", now))
					try("from ten minutes ago", refusedIf(s.timed), request(t, good, name, name+"-old", now.Add(-10*time.Minute)))
					try("from the future", refusedIf(s.timed), request(t, good, name, name+"-early", now.Add(10*time.Minute)))

					changed := request(t, good, name, name+"-changed", now)
					changePayload(t, changed)
					try("changed on the way", http.StatusUnauthorized, changed)

					renamed := request(t, good, name, name+"-renamed", now)
					renamed.Header.Set("Webhook-Id", name+"-other")
					try("under another id", refusedIf(s.identified), renamed)

					unsigned := request(t, good, name, name+"-unsigned", now)
					for _, header := range []string{"Webhook-Signature", "X-Hub-Signature-256", "Stripe-Signature", "X-Shopify-Hmac-Sha256", "X-Slack-Signature"} {
						unsigned.Header.Del(header)
					}
					try("unsigned", http.StatusUnauthorized, unsigned)
				}
			}
		})
	}
}

// And all of it for real, from the door to a receiver.
func TestReceiversTakeWhatPosternDelivers(t *testing.T) {
	alien(t)
	t.Parallel()
	var secrets []string
	for name, value := range known {
		secrets = append(secrets, name+"="+value)
	}
	for _, v := range verifiers {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			agent := start(t, `
agent { data_dir = "data" }
listen "http" { address = "127.0.0.1:0" }
console { address = "127.0.0.1:0" }
egress {
  allow      = ["127.0.0.1"]
  allow_http = ["127.0.0.1"]
}
`+webhooks("http://"+listening(t, v)), secrets...)
			body := `{"type": "contact.subscribed", "data": {"contact": {"id": 42, "name": "Zoë & Søn ✓"}}}`
			answer, err := http.Post("http://"+agent.Events[0]+"/v1/events", "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			for _, s := range schemes {
				for form := range forms {
					class := "ok"
					if s.name == v.no {
						class = "status"
					}
					name := "to-" + s.name + "-" + form
					until(t, name+" to have class "+class, func() bool {
						n, _ := agent.Metric(fmt.Sprintf(`postern_attempts_total{class=%q,webhook=%q}`, class, name))
						return n > 0
					})
				}
			}
		})
	}
}
