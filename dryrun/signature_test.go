package dryrun

import (
	"strings"
	"testing"
)

const signing = `
defaults {
  events  = ["*"]
  secret  = env("CRM_SECRET")
  payload = { id = expr("contact.id"), key = env("PD_KEY") }
}
webhook "standard" { url = "https://h" }
webhook "github" {
  url = "https://h"
  signature "github" {}
}
webhook "stripe" {
  url = "https://h"
  signature "stripe" {}
}
webhook "shopify" {
  url = "https://h"
  signature "shopify" {}
}
webhook "own" {
  url    = "https://h/p?token=${env("API_TOKEN")}"
  method = "GET"
  signature "hmac" {
    header           = "x-own"
    timestamp_header = "x-own-time"
    algorithm        = "sha512"
    prefix           = "v0="
    content          = "v0:{timestamp}:{method}:{url}:{body}"
  }
}
`

func TestEachSchemeIsExplained(t *testing.T) {
	all := Explain(generation(t, signing), subscribed(), Options{Version: "1.0"})
	checkNoCanary(t, string(indented(t, all)))
	const body = `{"id":"7 / 8","key":"(sensitive)"}`
	wants := []struct{ webhook, header, prefix, signed string }{
		{"standard", "Webhook-Signature", "v1,", "evt_1.1614265330." + body},
		{"github", "X-Hub-Signature-256", "sha256=", body},
		{"stripe", "Stripe-Signature", "t=1614265330,v1=", "1614265330." + body},
		{"shopify", "X-Shopify-Hmac-Sha256", "", body},
		{"own", "X-Own", "v0=", "v0:1614265330:GET:https://h/p?token=(sensitive)&id=7+%2F+8&key=(sensitive):token=(sensitive)&id=7+%2F+8&key=(sensitive)"},
	}
	for i, want := range wants {
		x := all[i]
		if x.Webhook != want.webhook || x.Request == nil || x.Request.Signed != want.signed {
			t.Errorf("%s: got %+v", want.webhook, x.Request)
			continue
		}
		headers := map[string]string{}
		for _, h := range x.Request.Headers {
			headers[h.Name] = h.Value
		}
		value := headers[want.header]
		if !strings.HasPrefix(value, want.prefix) || len(value) < len(want.prefix)+44 || !strings.Contains(x.Request.Curl, want.header+": "+value) {
			t.Errorf("%s: %s: %q\n%s", want.webhook, want.header, value, x.Request.Curl)
		}
		if want.webhook == "own" && headers["X-Own-Time"] != "1614265330" {
			t.Errorf("own: %v", headers)
		}
	}
}

// A signature differs with the scheme and the secret, which are told of as
// settings; what else is sent is the same.
func TestAnotherSchemeIsNoOtherRequest(t *testing.T) {
	old := generation(t, planned)
	new := generation(t, strings.Replace(planned, `webhook "calm" {`, "webhook \"calm\" {\n  secret = env(\"CRM_SECRET\")\n  signature \"github\" {}", 1))
	p := Compare(old, new, nil, nil, nil)
	told := string(indented(t, p))
	if !strings.Contains(told, `"signature"`) || !strings.Contains(told, `\"github\"`) {
		t.Errorf("got %s", told)
	}
	was, is := &Request{Headers: []Header{{"Stripe-Signature", "a"}}, signatures: []string{"Stripe-Signature"}}, &Request{Headers: []Header{{"X-Own", "b"}}, signatures: []string{"X-Own"}}
	if parts := differences(was, is); len(parts) != 0 {
		t.Errorf("got %v", parts)
	}
}

// hubSum is what Python's hmac makes of {"id":1,"key":"test-value-of-PD_KEY"}
// with test-value-of-CRM_SECRET.
const hubSum = "5d1d41ebb67855593ff4a6c36bdd2455b04ac1c495ecc6271bb5a7332c637ddf"

func TestEachSchemeIsTested(t *testing.T) {
	const expected = `event = { type = "x", data = { contact = { id = 1 } } }
  expect "standard" { signed = true }
  expect "github" {
    signed  = true
    headers = { x-hub-signature-256 = "sha256=` + hubSum + `" }
  }
  expect "stripe" { signed = true }
  expect "shopify" { signed = true }
  expect "own" { signed = true }`
	wantTold(t, signing+test1(expected), "")
	for _, webhook := range []string{"standard", "stripe", "shopify", "own"} {
		wrong := strings.Replace(expected, `"`+webhook+`" { signed = true }`, `"`+webhook+`" { signed = false }`, 1)
		wantTold(t, signing+test1(wrong), "\n"+webhook+": signed: wanted false, got true @ false }\n")
	}
}
