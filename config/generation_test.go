package config

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/time/rate"

	"github.com/posternhq/postern/expr"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

// compareAll looks into everything but what has its own way of being equal.
var compareAll = cmp.Options{
	cmp.Comparer(func(a, b secret.Text) bool { return a.Equal(b.Reveal()) }),
	cmp.Comparer(func(a, b *expr.Program) bool { return a == b || a != nil && b != nil && a.Source() == b.Source() }),
	cmp.Comparer(func(a, b *outbound.URL) bool { return a.String() == b.String() && a.Host() == b.Host() }),
	cmp.Comparer(func(a, b outbound.Key) bool { return a.Equal(b) }),
	cmp.Comparer(func(a, b outbound.Rule) bool { return a == b }),
	cmp.Comparer(func(a, b *outbound.Scheme) bool { return reflect.DeepEqual(a, b) }),
	cmp.Comparer(func(a, b *outbound.TLS) bool { return a.Equal(b) }),
	cmpopts.EquateComparable(netip.AddrPort{}),
	cmpopts.IgnoreFields(outbound.Webhook{}, "Payload", "Fingerprint"),
	cmpopts.IgnoreUnexported(Generation{}),
	cmpopts.IgnoreFields(Generation{}, "Hash"),
	cmpopts.EquateEmpty(),
}

func TestEveryDefaultIsFilledIn(t *testing.T) {
	g := mustLoad(t, `webhook "crm" {
  url    = "https://h/x"
  events = ["*"]
}`)
	want := &Generation{
		Agent:   Agent{DataDir: "postern-data", LogLevel: "info", DrainTimeout: 8 * time.Second},
		Listen:  []Listen{{Kind: "http", Address: "127.0.0.1:7480"}},
		Console: Console{Address: "127.0.0.1:7481"},
		Queue:   Queue{MaxBytes: 1 << 30, RetainDelivered: 24 * time.Hour, RetainFailed: 720 * time.Hour},
		Plan: &outbound.Plan{
			MaxAge: 72 * time.Hour,
			Egress: outbound.Egress{MaxInFlight: 256},
			Webhooks: map[string]*outbound.Webhook{"crm": {
				Name: "crm", URL: urlOf(t, fixed("https://h/x")), Method: "POST",
				Events: []outbound.Subscription{{All: true}},
				Active: true, Timeout: 15 * time.Second, Concurrency: 8, RateLimit: rate.Inf,
				Sign: outbound.Signing{Scheme: outbound.Standard},
				Retry: outbound.Retry{MaxRetryAfter: time.Hour, Schedule: []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute,
					30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour}},
				Circuit: outbound.Circuit{Failures: 10, ProbeAfter: 5 * time.Second, MaxWait: 5 * time.Minute},
			}},
		},
	}
	if diff := cmp.Diff(want, g, compareAll); diff != "" {
		t.Error(diff)
	}
}

func TestNothingAtAllIsAConfiguration(t *testing.T) {
	g, ds := load(Files{}, testInputs())
	if g == nil || len(ds) > 0 || len(g.Plan.Webhooks) > 0 || len(g.Listen) != 1 {
		t.Errorf("got %+v, %v", g, ds)
	}
}

func TestDataDirFollowsSystemd(t *testing.T) {
	in := Inputs{Env: func(name string) (string, bool) { return "/var/lib/postern:/var/lib/other", name == "STATE_DIRECTORY" }}
	g, ds := load(Files{}, in)
	if ds.HasErrors() || g.Agent.DataDir != "/var/lib/postern" {
		t.Errorf("got %+v, %v", g, ds)
	}
}

func TestSocketFollowsSystemd(t *testing.T) {
	for given, want := range map[string]string{
		"/run/app:/run/other": "/run/app/postern.sock",
		"relative":            "/run/postern/postern.sock",
		"":                    "/run/postern/postern.sock",
	} {
		in := Inputs{Env: func(name string) (string, bool) { return given, name == "RUNTIME_DIRECTORY" && given != "" }}
		g, ds := Load(fileOf(`listen "unix" {}`), in)
		if ds.HasErrors() || g.Listen[0].Path != want {
			t.Errorf("%q: got %+v, %v", given, g, ds)
		}
	}
}

func TestEverySettingIsRead(t *testing.T) {
	g := mustLoad(t, readTest(t, "testdata/good/all.hcl"))
	key := expr.Part{Secret: "env:PD_KEY"}
	crm := &outbound.Webhook{
		Name: "crm", Description: "D", Method: "PUT", Encoding: outbound.Form,
		URL:    urlOf(t, fixed("https://h/"), key, fixed("/"), worked(t, "contact.id"), fixed("?k="), expr.Part{Secret: "env:PORT"}),
		Events: []outbound.Subscription{{Type: "contact.made"}, {Prefix: "contact."}},
		Filter: worked(t, "contact.ok == true").Expr, SkipInactive: true, LogResponseBody: true,
		Sign:    outbound.Signing{Scheme: outbound.Standard, Keys: []outbound.Key{keyOf(t, canaries["CRM_WEBHOOK_SECRET"]), keyOf(t, "plain text of enough length")}},
		Timeout: 20 * time.Millisecond, Concurrency: 3, RateLimit: 1.5,
		Headers: []outbound.Header{
			{Name: "X-A", Value: textOf(fixed("12345678901234567890"))},
			{Name: "X-B", Value: textOf(fixed("a"), key, fixed("b"))},
			{Name: "X-E"},
		},
		Query:   []outbound.Pair{{Name: "q", Value: textOf(worked(t, "q"))}, {Name: "b", Value: textOf(fixed("true"))}},
		Retry:   outbound.Retry{Schedule: []time.Duration{time.Millisecond, time.Hour}, Permanent: []int{400, 422}},
		Circuit: outbound.Circuit{Failures: 0, ProbeAfter: 100 * time.Millisecond, MaxWait: 24 * time.Hour},
		Form:    outbound.FormStyle{Lists: outbound.Empty, Field: "payload"},
		Auth:    outbound.Auth{Kind: outbound.HeaderAuth, Header: "X-Key", Value: secret.New("Bearer canary-token-in-a-file")},
	}
	kept := &outbound.Webhook{
		Name: "kept", URL: urlOf(t, fixed("https://h")), Method: "POST", Events: []outbound.Subscription{{Prefix: "contact."}},
		Active: true, Timeout: 15 * time.Second, Concurrency: 8, RateLimit: rate.Inf,
		Sign:    outbound.Signing{Scheme: outbound.Standard, Keys: []outbound.Key{keyOf(t, "whsec_Q0FOQVJZLXN0b3JlZC1DQU5BUlktc3RvcmVk")}},
		Auth:    outbound.Auth{Kind: outbound.BasicAuth, Username: "u"},
		Retry:   outbound.Retry{Schedule: schedule, MaxRetryAfter: time.Hour},
		Circuit: outbound.Circuit{Failures: 10, ProbeAfter: 5 * time.Second, MaxWait: 5 * time.Minute},
	}
	tlsOwn, err := outbound.NewTLS(outbound.TLSSettings{Cert: pemFiles()["client.pem"], Key: pemFiles()["client.key"], ServerName: "h.example"})
	if err != nil {
		t.Fatal(err)
	}
	tokens := &outbound.Webhook{
		Name: "tokens", URL: urlOf(t, fixed("https://h")), Method: "POST", Events: []outbound.Subscription{{Type: "a"}},
		Active: true, Timeout: 15 * time.Second, Concurrency: 8, RateLimit: rate.Inf,
		Auth: outbound.Auth{Kind: outbound.OAuth2, OAuth: &outbound.OAuth{
			TokenURL: urlOf(t, fixed("https://login.example.com/"), key, fixed("/token")), ClientID: "postern",
			ClientSecret: secret.New("canary-password-0123456789"), Scopes: []string{"events:write", "x"}, Audience: "https://api.example.com",
		}},
		TLS:     tlsOwn,
		Sign:    outbound.Signing{Scheme: outbound.Standard},
		Retry:   outbound.Retry{Schedule: schedule, MaxRetryAfter: time.Hour},
		Circuit: outbound.Circuit{Failures: 10, ProbeAfter: 5 * time.Second, MaxWait: 5 * time.Minute},
	}
	want := &Generation{
		Agent: Agent{DataDir: "/data", LogLevel: "debug", LogFormat: "console", ShutdownDelay: 250 * time.Millisecond, DrainTimeout: 90 * time.Second, AllowEmpty: true},
		Listen: []Listen{
			{Kind: "http", Address: "0.0.0.0:7000", Token: secret.New("canary-routing-key"), Hosts: []string{"postern"}},
			{Kind: "unix", Path: "postern.sock", Mode: 0o660},
		},
		Console: Console{Address: "localhost:0"},
		Queue:   Queue{MaxBytes: 500e6, RetainDelivered: 24 * time.Hour, RetainFailed: time.Hour},
		Events: []EventType{
			{Name: "a", Description: "A", Sample: []byte(`{"z":19.9,"a":[true,null,"<&>"]}`)},
			{Name: "contact.made"},
		},
		Literal: map[string]secret.Text{"crm": secret.New("plain text of enough length")},
		Files:   []string{"/run/secrets/client.key", "/run/secrets/client.pem", "/run/secrets/token"},
		Plan: &outbound.Plan{
			MaxAge: 10 * time.Millisecond,
			Egress: outbound.Egress{
				Allow: []outbound.Rule{ruleOf(t, "10.1.0.0/16"), ruleOf(t, "127.0.0.1:9000"), ruleOf(t, "[::1]:80"),
					ruleOf(t, "10.0.0.0/8:443"), ruleOf(t, "10.0.0.1")},
				AllowHTTP:   []outbound.Rule{ruleOf(t, "127.0.0.1")},
				Proxy:       &outbound.Proxy{TLS: true, Host: "2001:db8::1", Port: 3129, Credentials: secret.New("canary-user:canary@proxy:0123")},
				DNSServer:   netip.MustParseAddrPort("10.0.0.53:53"),
				MaxInFlight: 7,
			},
			Secrets: map[string]secret.Text{
				"env:LOG_LEVEL":           secret.New("debug"),
				"env:PD_KEY":              secret.New("canary-routing-key"),
				"env:PORT":                secret.New("canary-port"),
				"env:CRM_WEBHOOK_SECRET":  secret.New(canaries["CRM_WEBHOOK_SECRET"]),
				"env:UNSET?12ca17b4":      secret.New("127.0.0.1"),
				"env:UNSET?7902699b":      secret.New("7"),
				"env:CRM_PASSWORD":        secret.New("canary-password-0123456789"),
				"env:PROXY":               secret.New(canaries["PROXY"]),
				"credential:client.key":   secret.New(strings.TrimSuffix(string(pemFiles()["client.key"]), "\n")),
				"file:/run/secrets/token": secret.New("canary-token-in-a-file"),
			},
			Webhooks: map[string]*outbound.Webhook{"crm": crm, "kept": kept, "tokens": tokens},
		},
	}
	if diff := cmp.Diff(want, g, compareAll); diff != "" {
		t.Error(diff)
	}
}

func fixed(s string) expr.Part { return expr.Part{Literal: s} }

func worked(t *testing.T, source string) expr.Part {
	t.Helper()
	p, err := expr.Compile(source, expr.Value)
	if err != nil {
		t.Fatal(err)
	}
	return expr.Part{Expr: p}
}

func textOf(parts ...expr.Part) expr.Text { return expr.Text{Parts: parts} }

func urlOf(t *testing.T, parts ...expr.Part) *outbound.URL {
	t.Helper()
	u, err := outbound.NewURL(textOf(parts...), func(string) (string, bool) { return "s", true })
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func keyOf(t *testing.T, text string) outbound.Key {
	t.Helper()
	k, _, err := outbound.NewKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ruleOf(t *testing.T, text string) outbound.Rule {
	t.Helper()
	r, err := parseRule(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDefaultsStandBehindAttributeByAttribute(t *testing.T) {
	g := mustLoad(t, `
defaults {
  timeout = "1s"
  headers = { A = "1" }
  retry {
    schedule  = ["1s"]
    permanent = [400]
  }
  circuit {
    failures    = 3
    probe_after = "1s"
  }
  auth "basic" {
    username = "u"
    password = env("CRM_PASSWORD")
  }
}
webhook "own" {
  url     = "https://h"
  events  = ["*"]
  timeout = "2s"
  headers = { B = "2" }
  retry {
    permanent = [500]
  }
  circuit { failures = 4 }
  auth "basic" { username = "v" }
}
webhook "other" {
  url    = "https://h"
  events = ["*"]
  auth "bearer" { token = env("PD_KEY") }
}
webhook "get" {
  url    = "https://h"
  method = "GET"
  events = ["*"]
  auth "none" {}
}
`)
	type some struct {
		Timeout time.Duration
		Headers []outbound.Header
		Retry   outbound.Retry
		Circuit outbound.Circuit
		Auth    outbound.Auth
	}
	got := map[string]some{}
	for name, w := range g.Plan.Webhooks {
		got[name] = some{w.Timeout, w.Headers, w.Retry, w.Circuit, w.Auth}
	}
	retry := outbound.Retry{Schedule: []time.Duration{time.Second}, Permanent: []int{400}, MaxRetryAfter: time.Hour}
	ownRetry := retry
	ownRetry.Permanent = []int{500}
	circuit := outbound.Circuit{Failures: 3, ProbeAfter: time.Second, MaxWait: 5 * time.Minute}
	ownCircuit := circuit
	ownCircuit.Failures = 4
	a, b := []outbound.Header{{Name: "A", Value: textOf(fixed("1"))}}, []outbound.Header{{Name: "B", Value: textOf(fixed("2"))}}
	want := map[string]some{
		"own":   {2 * time.Second, b, ownRetry, ownCircuit, outbound.Auth{Kind: outbound.BasicAuth, Username: "v", Password: secret.New(canaries["CRM_PASSWORD"])}},
		"other": {time.Second, a, retry, circuit, outbound.Auth{Kind: outbound.BearerAuth, Token: secret.New(canaries["PD_KEY"])}},
		"get":   {time.Second, a, retry, circuit, outbound.Auth{}},
	}
	if diff := cmp.Diff(want, got, compareAll); diff != "" {
		t.Error(diff)
	}
}
