package config

import (
	"fmt"
	"strings"
	"testing"
)

const withSettings = `
defaults { timeout = "5s" }
mapping "basic" {
  fields = { email = expr("contact.email"), source = "webhook" }
}
webhook "w" {
  url     = "https://h/${expr("contact.id")}?key=${env("PD_KEY")}"
  method  = "PUT"
  events  = ["contact.*", "x"]
  filter  = expr("contact.id > 1")
  secret  = [env("CRM_WEBHOOK_SECRET"), "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODk="]
  headers = { "X-Key" = "a ${env("PD_KEY")}", X-Token = "literal-token" }
  query   = { n = 1 }
  auth "basic" {
    username = "u"
    password = "literal-password"
  }
  content_type = "form"
  form { lists = "empty" }
  payload = merge(mapping.basic, {
    "First name" = "N: ${expr("contact.name")}"
    tags         = [expr("a"), { deep = true }]
    none         = {}
    kept         = env("UNSET", "hidden-default")
    api_key      = "literal-key"
  })
}
webhook "tokens" {
  url    = "https://h"
  events = ["*"]
  auth "oauth2" {
    token_url     = "https://login.example.com/${env("PD_KEY")}"
    client_id     = "postern"
    client_secret = "literal-secret"
  }
  tls {
    cert = file("/run/secrets/client.pem")
    key  = "/run/secrets/client.key"
  }
}
webhook "bare" {
  url    = "https://h"
  method = "GET"
  events = ["*"]
}
`

func TestSettingsAreListed(t *testing.T) {
	g := mustLoad(t, withSettings)
	var out strings.Builder
	for _, name := range []string{"w", "tokens", "bare"} {
		fmt.Fprintf(&out, "%s\n", name)
		for _, s := range g.Settings(name) {
			fmt.Fprintf(&out, "  %s = %s", s.Name, s.Text)
			if s.Place.File != "" {
				fmt.Fprintf(&out, "  # %s", s.Place)
			}
			if s.Value != nil {
				out.WriteString("  (of the event)")
			}
			out.WriteByte('\n')
		}
	}
	checkNoCanary(t, out.String())
	for _, hidden := range []string{"literal-token", "literal-secret", "BEGIN", "literal-password", "literal-key", "hidden-default", "MDEyMzQ1"} {
		if strings.Contains(out.String(), hidden) {
			t.Errorf("%s is told", hidden)
		}
	}
	golden(t, "testdata/settings.want", out.String())
	if g.Settings("nobody") != nil {
		t.Error("a webhook that isn't declared has settings")
	}
}

func TestStoredSecretIsListedAsSuch(t *testing.T) {
	g := mustLoad(t, hook("kept", `["*"]`, `secret = ""`))
	for _, s := range g.Settings("kept") {
		if s.Name == "secret" && s.Text != "(stored)" {
			t.Errorf("secret is withSettings as %s", s.Text)
		}
	}
}
