package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/console"
)

// canary begins and ends every secret here. Nothing else has it.
const canary = "canary"

// toldSecrets are the variables of the configuration below. Some can't stand in a
// URL, in JSON or in HTML as they are.
var toldSecrets = map[string]string{
	"S_PASSWORD": `canary-pass "1"/+&<é>-canary`,
	"S_TOKEN":    "canary-bearer-canary",
	"S_VALUE":    "canary value of a header; canary",
	"S_CLIENT":   "canary client/secret+canary",
	"S_SIGN":     "whsec_" + base64.StdEncoding.EncodeToString([]byte("canary-signing-key-canary")),
	"S_PLAIN":    "canary-plain-signing-key-canary",
	"S_PATH":     "canary/path segment+canary",
	"S_QUERY":    "canary&query=%41+canary",
	"S_HEADER":   `canary "header" canary`,
	"S_PAYLOAD":  "canary\n\t\"payload\" & <é> canary",
	"S_HOOK":     "/services/T000/canary-of-the-hook-canary?sig=canary-of-the-query-canary",
	"S_CONSOLE":  "canary-console-canary",
}

const toldStored, toldAccess = "canary-stored-secret-canary", "canary/access+token-canary"

const toldConfig = `
agent {
  data_dir = "$DIR/data"
  log_level = "debug"
}
listen "http" { address = "$EVENTS" }
console {
  address = "$CONSOLE"
  token   = env("S_CONSOLE")
}
egress {
  allow   = ["127.0.0.1"]
  ca_file = "ca.pem"
}
event "contact.subscribed" {
  sample = { voice = "all", contact = { email = "ada@example.com" } }
}
defaults {
  log_response_body = true
  headers = { "X-Voice" = expr("voice") }
  circuit { failures = 0 }
  retry { schedule = ["24h"] }
}
webhook "basic" {
  url    = "$URL/in/${env("S_PATH")}?key=${env("S_QUERY")}&id=${expr("contact.email")}"
  events = ["contact.*"]
  secret = [env("S_SIGN"), env("S_PLAIN")]
  query  = { also = "q=${env("S_QUERY")}" }
  auth "basic" {
    username = "postern"
    password = env("S_PASSWORD")
  }
  payload = { key = env("S_PAYLOAD"), text = "key=${env("S_PAYLOAD")}", email = expr("contact.email") }
}
webhook "bearer" {
  url          = "$URL/in"
  events       = ["contact.*"]
  content_type = "form"
  secret       = env("S_PLAIN")
  auth "bearer" { token = env("S_TOKEN") }
  headers = { "X-Voice" = expr("voice"), "X-Secret" = "it is ${env("S_HEADER")}" }
  payload = { key = env("S_PAYLOAD"), nested = { key = "key=${env("S_PAYLOAD")}" } }
  form { field = "payload" }
}
webhook "header" {
  url    = "$URL/in"
  events = ["contact.*"]
  secret = ""
  auth "header" {
    name  = "X-Api-Key"
    value = env("S_VALUE")
  }
}
webhook "get" {
  url     = "$URL${env("S_HOOK")}"
  events  = ["contact.*"]
  method  = "GET"
  secret  = env("S_PLAIN")
  query   = { key = env("S_QUERY") }
  payload = { secret = env("S_PAYLOAD"), email = expr("contact.email") }
}
webhook "oauth" {
  url          = "$URL/in"
  events       = ["contact.*"]
  success_when = expr("status < 300 && body.ok > 1")
  secret       = env("S_PLAIN")
  signature "stripe" {}
  auth "oauth2" {
    token_url     = "$URL/token"
    client_id     = "postern"
    client_secret = env("S_CLIENT")
  }
}
test "it says what it does not know" {
  event = { type = "contact.subscribed", data = { contact = { email = "ada@example.com" } } }
  expect "basic" { json = { key = "other" } }
}
`

// leak finds the canary in a text: as it is, in base64 and in hex, behind escapes.
func leak(text string) string {
	forms := []string{canary, hex.EncodeToString([]byte(canary))}
	for before := range 3 {
		for _, behind := range []string{"\x00", "\xff"} {
			b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + canary + behind))
			forms = append(forms, b[(before*8+5)/6:(before+len(canary))*8/6])
		}
	}
	views := []string{text, html.UnescapeString(text)}
	for _, v := range slices.Clone(views) {
		for _, unescape := range []func(string) string{percentDecoded, unitsDecoded} {
			views = append(views, unescape(v), unescape(unescape(v)))
		}
	}
	for _, v := range views {
		for i, form := range forms {
			seen := v
			if i < 2 {
				seen = strings.ToLower(v)
			}
			if at := strings.Index(seen, form); at >= 0 {
				return seen[max(0, at-60):min(len(seen), at+60)]
			}
		}
	}
	return ""
}

func percentDecoded(s string) string {
	return regexp.MustCompile("%[0-9a-fA-F]{2}").ReplaceAllStringFunc(s, func(e string) string {
		b, _ := hex.DecodeString(e[1:])
		return string(b)
	})
}

func unitsDecoded(s string) string {
	return regexp.MustCompile(`\\(u00|x)[0-9a-fA-F]{2}`).ReplaceAllStringFunc(s, func(e string) string {
		b, _ := hex.DecodeString(e[len(e)-2:])
		return string(b)
	})
}

func TestLeaksAreFound(t *testing.T) {
	for _, around := range []string{"", ".", "..", `"/`} {
		text := around + "canary" + around
		coded := base64.StdEncoding.EncodeToString([]byte(text))
		for _, told := range []string{text, strings.ToUpper(text), coded, hex.EncodeToString([]byte(text)), url.QueryEscape(coded),
			"%63%61%6e%61%72%79", `c\u0061nary`, "&#99;anary", html.EscapeString(percentEncoded(percentEncoded(text)))} {
			if leak("it says "+told) == "" {
				t.Errorf("not found in %s", told)
			}
		}
	}
	if found := leak("a Canarian (sensitive) Y2Fu"); found != "" {
		t.Errorf("found in %s", found)
	}
}

func percentEncoded(s string) (out string) {
	for i := range len(s) {
		out += fmt.Sprintf("%%%02x", s[i])
	}
	return out
}

// startTold runs an agent with all of that. stop ends it, and gives back its log.
func startTold(t *testing.T) (r *rig, events string, stop func() string) {
	t.Helper()
	hook := httptest.NewTLSServer(http.HandlerFunc(anEcho))
	t.Cleanup(hook.Close)
	for name, value := range toldSecrets {
		t.Setenv(name, value)
	}
	r = &rig{dir: t.TempDir()}
	var err error
	if events, err = freeAddress("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if r.console, err = freeAddress("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	r.path = filepath.Join(r.dir, "postern.hcl")
	r.flags = []string{"--config", r.path}
	r.conf = strings.NewReplacer("$DIR", r.dir, "$EVENTS", events, "$CONSOLE", r.console, "$URL", hook.URL).Replace(toldConfig)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hook.Certificate().Raw})
	for name, content := range map[string][]byte{"ca.pem": ca, "postern.hcl": []byte(r.conf)} {
		if err := os.WriteFile(filepath.Join(r.dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := invoke(t, toldStored, "secret", "set", "header", "--config", r.path); got.status != 0 {
		t.Fatalf("secret set: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, append([]string{"run"}, r.flags...), strings.NewReader(""), &out, &r.log) }()
	stop = func() string {
		cancel()
		if status := <-ended; status != 0 {
			t.Errorf("run: status %d\n%s", status, &r.log)
		}
		ended <- 0
		return out.String() + r.log.String()
	}
	t.Cleanup(func() { cancel(); <-ended })
	r.eventually(t, "", "healthcheck", "--console", r.console)
	return r, events, stop
}

// Receivers repeat every kind of secret in every encoding, and whatever is told of
// them afterwards, and kept on disk, has none.
func TestNoSecretIsEverTold(t *testing.T) {
	r, events, stop := startTold(t)
	told := map[string]string{}
	for voice := range voices {
		body := fmt.Sprintf(`{"type": "contact.subscribed", "id": "e-%s", "data": {"voice": %[1]q, "contact": {"email": "ada@example.com"}}}`, voice)
		resp, err := http.Post("http://"+events+"/v1/events", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		told["answer to "+voice] = string(answer)
	}
	r.eventually(t, fmt.Sprintf(`(?s)^(?:.*"class": "[a-z_]+"){%d}`, 5*len(voices)), append([]string{"deliveries", "ls", "--output", "json", "--limit", "500"}, r.flags...)...)
	all := r.deliveries(t, "--limit", "500")
	tellAll(t, r, all, told)
	checkEchoes(t, r, all)
	told["log"] = stop()
	err := filepath.WalkDir(filepath.Join(r.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "secrets.json" {
			return err
		}
		raw, err := os.ReadFile(path)
		told["file "+d.Name()] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range told {
		if found := leak(text); found != "" {
			t.Errorf("%s: …%s…", where, found)
		}
	}
	if len(told) < 100 || !strings.Contains(told["log"], `"attempt"`) {
		t.Errorf("%d outputs were looked at", len(told))
	}
}

// tellAll asks for everything that the agent and the verbs tell.
func tellAll(t *testing.T, r *rig, all []console.Delivery, told map[string]string) {
	t.Helper()
	paths := []string{"/", "/deliveries", "/metrics", "/readyz?verbose", "/api/v1/status", "/api/v1/webhooks", "/api/v1/deliveries?limit=500", "/api/v1/plan", "/api/v1/secrets"}
	verbs := [][]string{{"status"}, {"deliveries"}, {"plan"}, {"plan", r.path}, {"test", r.path}, {"validate", r.path}, {"schema", "events"}, {"secret", "ls"}, {"reload"}}
	for voice := range voices {
		paths = append(paths, "/api/v1/events/e-"+voice, "/api/v1/events/e-"+voice+"/explain")
	}
	verbs = append(verbs, []string{"explain", "e-all"})
	for _, d := range all {
		paths = append(paths, "/deliveries/"+d.ID, "/api/v1/deliveries/"+d.ID)
		verbs = append(verbs, []string{"deliveries", "show", d.ID})
	}
	for _, name := range []string{"basic", "bearer", "header", "get", "oauth"} {
		paths = append(paths, "/webhooks/"+name, "/api/v1/webhooks/"+name)
	}
	for _, path := range paths {
		told[path] = r.page(t, path)
	}
	for _, verb := range verbs {
		for _, output := range []string{"human", "json"} {
			got := r.verb(t, append(verb, "--output", output)...)
			told[strings.Join(verb, " ")+" "+output] = got.out + got.err
			if got.out+got.err == "" || got.status > 1 {
				t.Errorf("%s: %+v", verb, got)
			}
		}
	}
	tellVerbs(t, r, told)
	got := r.verb(t, "replay", all[0].ID)
	told["replay"] = got.out + got.err
}

// tellVerbs asks the verbs that take other flags than the rest.
func tellVerbs(t *testing.T, r *rig, told map[string]string) {
	t.Helper()
	request := filepath.Join(r.dir, "request.http")
	if err := os.WriteFile(request, []byte("POST /in HTTP/1.1\nwebhook-id: e\nwebhook-timestamp: 1\nwebhook-signature: v1,AAAA\nstripe-signature: t=1,v1=00\n\n{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{
		"verify " + request + " --webhook basic", "verify " + request + " --webhook get --output json", "verify " + request + " --webhook oauth",
		"deliveries export", "deliveries export --format csv",
		"replay --webhook basic --state delivered --dry-run", "replay --class timeout --dry-run --output json",
		"tail --count=-1", "complete -- deliveries --webhook=",
	} {
		got := invoke(t, "", append(strings.Fields(verb), r.flags...)...)
		if strings.HasPrefix(verb, "complete") {
			got = invoke(t, "", append([]string{"complete", "--", "deliveries"}, append(r.flags, "--webhook=")...)...)
		}
		told[verb] = got.out + got.err
		if got.out+got.err == "" {
			t.Errorf("%s: %+v", verb, got)
		}
	}
	t.Setenv("POSTERN_VERIFY_SECRET", toldSecrets["S_PLAIN"])
	got := invoke(t, "", "verify", request)
	told["verify"] = got.out + got.err
	if got.status != 1 || !strings.Contains(got.out, "INVALID") {
		t.Errorf("verify: %+v", got)
	}
	for path, want := range map[string]string{"/api/v1/attempts?from=1": `"error"`} {
		if told[path] = r.page(t, path); !strings.Contains(told[path], want) {
			t.Errorf("%s: %s", path, told[path])
		}
	}
}

// page is what the console answers.
func (r *rig) page(t *testing.T, path string) string {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.console+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+toldSecrets["S_CONSOLE"])
	resp, err := (&http.Client{Timeout: 20 * time.Second}).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("%s: %s, %v\n%s", path, resp.Status, err, body)
	}
	return fmt.Sprint(resp.Header) + string(body)
}

// checkEchoes makes sure that there was something to be masked.
func checkEchoes(t *testing.T, r *rig, all []console.Delivery) {
	t.Helper()
	masked := map[string]int{}
	for _, d := range all {
		if strings.Contains(r.page(t, "/api/v1/deliveries/"+d.ID), "(sensitive)") {
			masked[d.Webhook]++
		}
	}
	for _, name := range []string{"basic", "bearer", "header", "get", "oauth"} {
		if masked[name] < 8 {
			t.Errorf("%s: %d answers were masked", name, masked[name])
		}
	}
}
