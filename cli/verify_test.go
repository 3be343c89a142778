package cli

import (
	"crypto"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/outbound"
)

const (
	verifySecret  = "canary-of-the-verified-canary"
	verifyPrivate = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
	verifyPublic  = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
	verifyBody    = `{"name":"Zoë & <co>"}`
)

var verifyTime = time.Date(2026, 6, 17, 8, 0, 0, 0, time.UTC)

// kept is a signed request as a file over the wire.
func kept(t *testing.T, scheme *outbound.Scheme, secret, method, target, body string) string {
	t.Helper()
	if scheme == nil {
		scheme = outbound.Standard
	}
	key, _, err := scheme.Key(secret)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse("https://example.com" + target)
	if err != nil {
		t.Fatal(err)
	}
	m := &outbound.Message{Method: method, URL: u, Body: []byte(body), Header: http.Header{}}
	m.Header.Set("webhook-id", "evt_1")
	m.Header.Set("webhook-timestamp", fmt.Sprint(verifyTime.Unix()))
	outbound.Signing{Scheme: scheme, Keys: []outbound.Key{key}}.Sign(m)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\n", method, target, len(body))
	for name, values := range m.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", name, values[0])
	}
	return b.String() + "\r\n" + body
}

// verified runs verify on a request, with a secret in a file.
func verified(t *testing.T, request, secret string, flags ...string) ran {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"verify", "-", "--secret-file", file, "--at", verifyTime.Format(time.RFC3339)}, flags...)
	got := invoke(t, request, args...)
	if strings.Contains(got.out+got.err, secret) {
		t.Errorf("the secret is told: %+v", got)
	}
	return got
}

func ownScheme(t *testing.T) *outbound.Scheme {
	t.Helper()
	content, err := outbound.NewContent("v0:{timestamp}:{method}:{url}:{body}")
	if err != nil {
		t.Fatal(err)
	}
	prefix, err := outbound.NewPrefix("v0=")
	if err != nil {
		t.Fatal(err)
	}
	return &outbound.Scheme{Name: "hmac", Header: "X-S", TimestampHeader: "X-T", Hash: crypto.SHA512, Base64: true, Prefix: prefix, Content: content}
}

func TestVerifyKnowsEveryScheme(t *testing.T) {
	hmac := []string{"--scheme", "hmac", "--hmac-header", "x-s", "--hmac-timestamp-header", "x-t", "--hmac-algorithm", "sha512",
		"--hmac-encoding", "base64", "--hmac-prefix", "v0=", "--hmac-content", "v0:{timestamp}:{method}:{url}:{body}"}
	stamp := fmt.Sprint(verifyTime.Unix())
	for _, tt := range []struct {
		name            string
		scheme          *outbound.Scheme
		secret, public  string
		method, target  string
		flags           []string
		signed, verdict string
	}{
		{"standard", nil, verifySecret, "", "POST", "/", nil, "evt_1." + stamp + "." + verifyBody, "standard"},
		{"standard by GET", nil, verifySecret, "", "GET", "/hook?a=b&c=%20d", nil, "evt_1." + stamp + ".a=b&c=%20d", "standard"},
		{"ed25519", nil, verifyPrivate, verifyPublic, "POST", "/", nil, "evt_1." + stamp + "." + verifyBody, "standard"},
		{"github", outbound.GitHub, verifySecret, "", "POST", "/", nil, verifyBody, "github"},
		{"stripe", outbound.Stripe, verifySecret, "", "POST", "/", nil, stamp + "." + verifyBody, "stripe"},
		{"shopify", outbound.Shopify, verifySecret, "", "POST", "/", nil, verifyBody, "shopify"},
		{"hmac", ownScheme(t), verifySecret, "", "PUT", "/x?y=z", hmac, "v0:" + stamp + ":PUT:https://example.com/x?y=z:" + verifyBody, "hmac"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := verifyBody
			if tt.method == "GET" {
				body = ""
			}
			request := kept(t, tt.scheme, tt.secret, tt.method, tt.target, body)
			secret := tt.secret
			if tt.public != "" {
				secret = tt.public
			}
			got := verified(t, request, secret+"\n", tt.flags...)
			for _, want := range []string{"valid, by secret 1 of 1\n", tt.verdict + ", in the header ", tt.signed + "\n"} {
				if got.status != 0 || got.err != "" || !strings.Contains(got.out, want) {
					t.Errorf("no %q in %+v", want, got)
				}
			}
			got = verified(t, request, "another secret altogether", tt.flags...)
			if got.status != 1 || !strings.Contains(got.out, "INVALID: no signature matches") || !strings.Contains(got.out, "hint") {
				t.Errorf("another secret: %+v", got)
			}
		})
	}
}

// What is wrong is found out where that can be done.
func TestVerifySaysWhy(t *testing.T) {
	whole := kept(t, nil, verifySecret, "POST", "/", verifyBody)
	github := kept(t, outbound.GitHub, verifySecret, "POST", "/", verifyBody)
	for _, tt := range []struct {
		name, request, secret string
		flags                 []string
		want                  string
	}{
		{"a line end was added", whole + "\n", verifySecret, nil, "it matches without the line end behind the body"},
		{"a line end was lost", kept(t, nil, verifySecret, "POST", "/", verifyBody+"\n")[:len(whole)], verifySecret, nil, "it matches with a line feed behind the body"},
		{"line ends were changed", strings.Replace(kept(t, nil, verifySecret, "POST", "/", "a\nb"), "a\nb", "a\r\nb", 1), verifySecret, nil, "it matches with LF in place of CR LF"},
		{"line ends were changed back", strings.Replace(kept(t, nil, verifySecret, "POST", "/", "a\r\nb"), "a\r\nb", "a\nb", 1), verifySecret, nil, "it matches with CR LF in place of LF"},
		{"a byte order mark", strings.Replace(whole, verifyBody, "\xef\xbb\xbf"+verifyBody, 1), verifySecret, nil, "it matches without the byte order mark"},
		{"JSON was spaced", strings.Replace(whole, `":"`, `": "`, 1), verifySecret, nil, "it matches with the JSON on one line"},
		{"JSON was escaped", strings.Replace(kept(t, nil, verifySecret, "POST", "/", `{"a":"\u003cco\u003e"}`), `\u003cco\u003e`, "<co>", 1), verifySecret, nil, `it matches with <, > and & in the JSON`},
		{"the body is lost", strings.Replace(kept(t, nil, verifySecret, "POST", "/", ""), "\r\n\r\n", "\r\n\r\nx", 1), verifySecret, nil, "it matches with no body"},
		{"space around the secret", whole, verifySecret + " ", nil, "it matches secret 1 without the space around it"},
		{"the sender took the line end", kept(t, nil, verifySecret+"\n", "POST", "/", verifyBody), verifySecret, nil, "it matches secret 1 with the line end"},
		{"the sender does not decode", kept(t, outbound.GitHub, "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnk=", "POST", "/", verifyBody), "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnk=\n\n", nil, "without the space"},
		{"decoded without whsec_", kept(t, nil, "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnk=", "POST", "/", verifyBody), "Y2FuYXJ5LWNhbmFyeS1jYW5hcnk=", nil, "write whsec_ before it"},
		{"too old", whole, verifySecret, []string{"--at", "2026-06-17T09:00:00Z"}, "INVALID: the timestamp is too old: 1h0m0s"},
		{"too old, and right", whole, verifySecret, []string{"--at", "2026-06-17T09:00:00Z"}, "what was signed is unchanged"},
		{"too early", whole, verifySecret, []string{"--at", "2026-06-17T07:00:00Z"}, "too far in the future"},
		{"no timestamp", strings.Replace(whole, "Webhook-Timestamp", "X", 1), verifySecret, nil, "unix seconds in webhook-timestamp"},
		{"no signature", "POST / HTTP/1.1\nHost: h\n\n", verifySecret, nil, "A proxy may have removed headers"},
		{"one that is not known", "POST / HTTP/1.1\nX-Sender-Signature: 0a\n\n", verifySecret, nil, "--hmac-header X-Sender-Signature"},
		{"another scheme", github, verifySecret, []string{"--scheme", "stripe"}, "it is signed by the scheme github"},
		{"another form", "POST / HTTP/1.1\nX-Hub-Signature-256: 0a\n\n", verifySecret, nil, "X-Hub-Signature-256 does not begin with sha256="},
		{"a secret for a pair", kept(t, nil, verifyPrivate, "POST", "/", verifyBody), verifySecret, nil, "check it with the public key"},
		{"a pair for a secret", whole, verifyPublic, nil, "check it with the secret that both sides have"},
		{"another version", strings.Replace(whole, "v1,", "v9,", 1), verifySecret, nil, "none that is known"},
		{"no id", strings.Replace(whole, "Webhook-Id", "X", 1), verifySecret, nil, "webhook-id is signed as well"},
		{"another body", strings.Replace(whole, "Zoë", "Zoe", 1), verifySecret, nil, "its Content-Length was"},
		{"as Postern shows it", strings.Replace(whole, "Zoë", "(sensitive)", 1), verifySecret, nil, "Postern shows no secrets"},
		{"compressed", strings.Replace(strings.Replace(whole, "Zoë", "Zoe", 1), "\r\n", "\r\nContent-Encoding: gzip\r\n", 1), verifySecret, nil, "the body is compressed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := verified(t, tt.request, tt.secret, tt.flags...)
			if got.status != 1 || got.err != "" || !strings.Contains(got.out, tt.want) {
				t.Errorf("no %q in status %d\n%s%s", tt.want, got.status, got.out, got.err)
			}
		})
	}
}

func TestVerifyReadsARequestInEveryForm(t *testing.T) {
	whole := kept(t, nil, verifySecret, "POST", "/", verifyBody)
	head, body, _ := strings.Cut(whole, "\r\n\r\n")
	dir := t.TempDir()
	file := func(name, content string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	_, headers, _ := strings.Cut(head, "\n")
	at, secret := verifyTime.Format(time.RFC3339), file("secret", verifySecret)
	lists, list := map[string][]string{}, []map[string]string{}
	for line := range strings.SplitSeq(headers, "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		lists[name] = append(lists[name], value)
		list = append(list, map[string]string{"name": name, "value": value})
	}
	written := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	request := map[string]any{"method": "POST", "url": "https://example.com/", "headers": list, "body": verifyBody}
	for name, args := range map[string][]string{
		"a file":          {file("whole", whole)},
		"a file of lines": {file("lines", head[:0]+strings.ReplaceAll(head, "\r\n", "\n")+"\n\n"+body)},
		"two files":       {"--headers", file("headers", headers), "--body", file("body", body)},
		"with its line":   {"--headers", file("head", head), "--body", file("body", body)},
		"of curl":         {"--headers", file("curl", "> "+strings.ReplaceAll(head, "\r\n", "\r\n> ")+"\r\n> \r\n"), "--body", file("body", body)},
		"of receive":      {file("received", written(map[string]any{"at": verifyTime, "method": "POST", "path": "/", "headers": lists, "body": verifyBody})+"\n")},
		"of bytes":        {file("bytes", written(map[string]any{"headers": lists, "body": encoded([]byte(verifyBody)), "body_encoding": "base64"}))},
		"a request":       {file("request", written(request))},
		"of explain":      {file("explained", written(map[string]any{"explanations": []any{map[string]any{"webhook": "crm"}, map[string]any{"request": request}}}))},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"verify", "--secret-file", secret, "--output", "json"}, args...)
			if name != "of receive" {
				args = append(args, "--at", at)
			}
			got := invoke(t, "", args...)
			var r verification
			if err := json.Unmarshal([]byte(got.out), &r); err != nil || got.status != 0 || !r.Valid || r.Secret != 1 || !strings.HasSuffix(r.Signed, verifyBody) {
				t.Errorf("%v: %+v", err, got)
			}
		})
	}
	t.Setenv("POSTERN_VERIFY_SECRET", verifySecret)
	if got := invoke(t, whole, "verify", "-", "--at", at); got.status != 0 || !strings.Contains(got.out, "secret 1 of 1") {
		t.Errorf("a variable: %+v", got)
	}
	if got := invoke(t, "no such secret as this", "verify", file("whole", whole), "--at", at, "--secret-file", "-"); got.status != 0 || !strings.Contains(got.out, "secret 1 of 2") {
		t.Errorf("standard input: %+v", got)
	}
}

// What can't be checked is a wrong use: 1 says that a signature is not valid.
func TestWhatVerifyCannotCheckExitsWith2(t *testing.T) {
	dir := t.TempDir()
	whole, short := filepath.Join(dir, "whole"), filepath.Join(dir, "short")
	for name, content := range map[string]string{whole: kept(t, nil, verifySecret, "POST", "/", verifyBody), short: "short"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ stdin, args, want string }{
		{"", "", "a request is wanted"},
		{"", whole, "there is no secret to check with"},
		{"", whole + " --secret-file " + short, "secret 1: a signing secret needs at least 16 bytes"},
		{"", whole + " --secret-file " + dir + "/none", "--secret-file: open "},
		{"", dir + "/none --secret-file " + whole, "no such file"},
		{"POST / HTTP/1.1\nA: b\n", "- --secret-file " + whole, "-: no empty line ends its headers"},
		{"nonsense\n\n", "- --secret-file " + whole, "-: line 1 is not a header"},
		{"\n\n", "- --secret-file " + whole, "-: there are no headers"},
		{"A: b\nTransfer-Encoding: chunked\n\n", "- --secret-file " + whole, "-: its body is written in chunks"},
		{"{\n", "- --secret-file " + whole, "-: it is not the JSON of one request"},
		{"{\"a\":1}\n{\"a\":2}\n", "- --secret-file " + whole, "-: it holds several requests"},
		{`{"method":"POST"}`, "- --secret-file " + whole, "-: it has no headers"},
		{`{"explanations":[]}`, "- --secret-file " + whole, "-: it explains no request"},
		{`{"explanations":[{"request":{}},{"request":{}}]}`, "- --secret-file " + whole, "-: it explains several requests"},
		{`{"headers":{"a":["b"]},"body":"%","body_encoding":"base64"}`, "- --secret-file " + whole, "-: its body is not base64"},
		{"POST % HTTP/1.1\nA: b\n\n", "- --secret-file " + whole, "-: its target is not a URL"},
		{"", "- --secret-file -", "- can stand for one file only"},
		{"", whole + " --body x", "leave out --headers and --body"},
		{"", whole + " --webhook crm --scheme github", "--webhook brings its scheme"},
		{"", whole + " --webhook crm --config " + dir + "/none", "--webhook: the configuration at "},
		{"", whole + " --tolerance=-1s", "--tolerance can't be negative"},
		{"", whole + " --scheme hmac", "--scheme hmac goes with --hmac-header"},
		{"", whole + " --hmac-header x", "go with --scheme hmac"},
		{"", whole + " --secret-file " + whole + " --scheme hmac --hmac-header x --hmac-content {x}", "--hmac-content: {x} means nothing here"},
		{"", whole + " --secret-file " + whole + " --scheme hmac --hmac-header x --hmac-prefix {body}", "--hmac-prefix: {body} means nothing here"},
		{"", whole + " --secret-file " + whole + " --at noon", "--at: a time such as"},
		{"", whole + " --secret-file " + whole + " --url /x", "--url: a whole URL is wanted"},
	} {
		t.Run(tt.args+tt.stdin, func(t *testing.T) {
			got := invoke(t, tt.stdin, append([]string{"verify"}, strings.Fields(tt.args)...)...)
			if got.status != 2 || got.out != "" || !strings.Contains(got.err, tt.want) {
				t.Errorf("no %q in %+v", tt.want, got)
			}
		})
	}
}

// A webhook brings how it signs, and its secrets while they are rotated.
func TestVerifyAsAWebhookSigns(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "postern.hcl")
	conf := `webhook "crm" {
  url    = "https://example.com/"
  events = ["*"]
  secret = [env("NEW"), env("OLD")]
}
`
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NEW", "canary-of-the-new-one-canary")
	t.Setenv("OLD", verifySecret)
	got := invoke(t, kept(t, nil, verifySecret, "POST", "/", verifyBody), "verify", "-", "--at", verifyTime.Format(time.RFC3339), "--webhook", "crm", "--config", path)
	if got.status != 0 || !strings.Contains(got.out, "valid, by secret 2 of 2") || leak(got.out+got.err) != "" {
		t.Errorf("%+v", got)
	}
}

// What was captured is others' text.
func TestVerifyShowsWhatWasSignedInert(t *testing.T) {
	got := verified(t, kept(t, nil, verifySecret, "POST", "/", "a\x1b[31m\u202e\nb"), verifySecret)
	if got.status != 0 || !strings.Contains(got.out, `a\x1b[31m\u202e\nb`) {
		t.Errorf("%+v", got)
	}
	got = verified(t, kept(t, nil, verifySecret, "POST", "/", "\xff\xfe"), verifySecret)
	if got.status != 0 || !strings.Contains(got.out, "(base64: it is not UTF-8)") {
		t.Errorf("bytes: %+v", got)
	}
	got = verified(t, kept(t, nil, verifySecret, "POST", "/", strings.Repeat("a", 10_000)), verifySecret)
	if got.status != 0 || len(got.out) > 6000 || !strings.Contains(got.out, "… (10,017 bytes; --output json has all)") {
		t.Errorf("much: %d bytes, %s", len(got.out), got.out[max(0, len(got.out)-200):])
	}
	var hints []string
	for _, h := range unknownHeaders(http.Header{"X-B-Signature": nil, "X-A-Hmac": nil, "X": nil}) {
		hints = append(hints, strings.Fields(h)[0])
	}
	if !slices.Equal(hints, []string{"X-A-Hmac", "X-B-Signature"}) {
		t.Errorf("hints %q", hints)
	}
}
