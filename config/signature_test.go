package config

import (
	"crypto"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/outbound"
)

// signedBy is a webhook that signs.
func signedBy(block string) string {
	return fmt.Sprintf(`webhook "crm" {
  url    = "https://h/x"
  events = ["*"]
  secret = env("CRM_PASSWORD")
  %s
}`, block)
}

func TestSchemesAreRead(t *testing.T) {
	content, err := outbound.NewContent("{timestamp}:{body}")
	if err != nil {
		t.Fatal(err)
	}
	prefix, err := outbound.NewPrefix("v0=")
	if err != nil {
		t.Fatal(err)
	}
	body, err := outbound.NewContent("{body}")
	if err != nil {
		t.Fatal(err)
	}
	for block, want := range map[string]*outbound.Scheme{
		"":                                    outbound.Standard,
		`signature "standard" {}`:             outbound.Standard,
		`signature "github" {}`:               outbound.GitHub,
		`signature "stripe" {}`:               outbound.Stripe,
		`signature "shopify" {}`:              outbound.Shopify,
		`signature "hmac" { header = "X-S" }`: {Name: "hmac", Header: "X-S", Hash: crypto.SHA256, Content: body},
		`signature "hmac" {
  header           = "X-S"
  timestamp_header = "X-T"
  algorithm        = "sha512"
  encoding         = "base64"
  prefix           = "v0="
  content          = "{timestamp}:{body}"
}`: {Name: "hmac", Header: "X-S", TimestampHeader: "X-T", Hash: crypto.SHA512, Base64: true, Prefix: prefix, Content: content},
	} {
		got := mustLoad(t, signedBy(block)).Plan.Webhooks["crm"].Sign
		if diff := cmp.Diff(want, got.Scheme, compareAll); diff != "" || !got.On() {
			t.Errorf("%s: %s", block, diff)
		}
	}
}

func TestSignatureOfDefaultsIsFallenBackOn(t *testing.T) {
	const defaults = "defaults {\n  signature \"hmac\" {\n    header = \"X-S\"\n    prefix = \"p=\"\n  }\n}\n"
	for block, want := range map[string]string{
		"":                                    "hmac X-S p=",
		`signature "hmac" { prefix = "q=" }`:  "hmac X-S q=",
		`signature "standard" {}`:             "standard Webhook-Signature ",
		`signature "hmac" { header = "X-O" }`: "hmac X-O p=",
	} {
		s := mustLoad(t, defaults+signedBy(block)).Plan.Webhooks["crm"].Sign.By()
		if got := fmt.Sprint(s.Name, " ", s.Header, " ", s.Prefix); got != want {
			t.Errorf("%s: got %s", block, got)
		}
	}
	unsigned := mustLoad(t, defaults+"webhook \"crm\" {\n  url = \"https://h\"\n  events = [\"*\"]\n  headers = { X-S = \"mine\" }\n}")
	if unsigned.Plan.Webhooks["crm"].Sign.On() {
		t.Error("it is signed without a secret")
	}
}

// A scheme that changes is a webhook that changes, and another request to a
// receiver that was suspended.
func TestEveryPartOfASignatureCounts(t *testing.T) {
	seen := map[string]string{}
	for _, block := range []string{
		"", `signature "github" {}`, `signature "hmac" { header = "X-S" }`, `signature "hmac" { header = "X-T" }`,
		"signature \"hmac\" {\n header = \"X-S\"\n algorithm = \"sha1\"\n}", "signature \"hmac\" {\n header = \"X-S\"\n encoding = \"base64\"\n}",
		"signature \"hmac\" {\n header = \"X-S\"\n prefix = \"a\"\n}", "signature \"hmac\" {\n header = \"X-S\"\n content = \"a{body}\"\n}",
		"signature \"hmac\" {\n header = \"X-S\"\n timestamp_header = \"X-T\"\n}",
	} {
		g := mustLoad(t, signedBy(block))
		for _, sum := range []string{g.match.digests["crm"], g.Plan.Webhooks["crm"].Fingerprint} {
			if before, known := seen[sum]; known {
				t.Errorf("%q is the same as %q", block, before)
			}
			seen[sum] = block
		}
	}
	plain, named := mustLoad(t, signedBy("")), mustLoad(t, signedBy(`signature "standard" {}`))
	if plain.match.digests["crm"] != named.match.digests["crm"] || plain.Plan.Webhooks["crm"].Fingerprint != named.Plan.Webhooks["crm"].Fingerprint {
		t.Error("the default differs from itself")
	}
}

// What is kept with `postern secret set` signs by the scheme, too.
func TestStoredSecretsSignByTheScheme(t *testing.T) {
	g := mustLoad(t, `webhook "kept" {
  url    = "https://h"
  events = ["*"]
  secret = ""
  signature "stripe" {}
}`)
	want, _, err := outbound.Stripe.Key("whsec_Q0FOQVJZLXN0b3JlZC1DQU5BUlktc3RvcmVk")
	if got := g.Plan.Webhooks["kept"].Sign.Keys; err != nil || len(got) != 1 || !got[0].Equal(want) {
		t.Errorf("it does not sign with the bytes of the text: %v", err)
	}
}

func TestPrivateKeysSign(t *testing.T) {
	g := mustLoad(t, `webhook "w" {
  url    = "https://h"
  events = ["*"]
  secret = [env("PRIVATE_KEY"), env("CRM_WEBHOOK_SECRET")]
}`)
	e := &event.Event{ID: "evt_1", Type: "a", Data: []byte("{}")}
	r, err := outbound.Compose(g.Plan, g.Plan.Webhooks["w"], e, time.Unix(1614265330, 0), "1")
	if err != nil {
		t.Fatal(err)
	}
	const want = `^v1a,[A-Za-z0-9+/]{86}== v1,[A-Za-z0-9+/]{43}=$`
	if got := r.Header.Get("webhook-signature"); !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("got %s", got)
	}
}
