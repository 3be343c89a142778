package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodConfig = `
event "contact.subscribed" {
  sample = { contact = { email = "ada@example.com" } }
}
webhook "crm" {
  url     = "https://api.example.com/hook"
  events  = ["contact.*"]
  secret  = env("CRM_SECRET")
  payload = { email = expr("contact.email") }
}
`

const badConfig = `
webhook "crm" {
  url    = "http://api.example.com/hook"
  events = ["*"]
  metod  = "GET"
}
`

// writeConfig writes a configuration and gives its path.
func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "postern.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestValidate(t *testing.T) {
	t.Setenv("CRM_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	good, bad := writeConfig(t, goodConfig), writeConfig(t, badConfig)
	blank := writeConfig(t, strings.Replace(goodConfig, `env("CRM_SECRET")`, `""`, 1))
	for _, c := range []struct {
		name   string
		args   []string
		status int
		want   []string
	}{
		{"good", []string{good}, 0, []string{"1 webhook, 1 event: valid\n"}},
		{"by --config", []string{"--config", good}, 0, []string{": valid\n"}},
		{"bad, all problems at once", []string{bad}, 1, []string{":3:12: error:", ":5:3: error:", "^", "2 errors: not valid\n"}},
		{"missing", []string{filepath.Join(t.TempDir(), "missing")}, 1, []string{"missing", "1 error: not valid\n"}},
		{"blank secret with none stored", []string{blank, "--data-dir", t.TempDir()}, 1, []string{"1 error: not valid\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := invoke(t, "", append([]string{"validate"}, c.args...)...)
			if got.status != c.status || got.err != "" {
				t.Errorf("%+v", got)
			}
			for _, want := range c.want {
				if !strings.Contains(got.out, want) {
					t.Errorf("no %q in:\n%s", want, got.out)
				}
			}
		})
	}
}

func TestValidateWithoutTheEnvironment(t *testing.T) {
	path := writeConfig(t, goodConfig)
	if got := invoke(t, "", "validate", path); got.status != 1 || !strings.Contains(got.out, "CRM_SECRET") {
		t.Errorf("an unset variable: %+v", got)
	}
	if got := invoke(t, "", "validate", "--no-env", path); got.status != 0 {
		t.Errorf("--no-env: %+v", got)
	}
}

func TestValidateAsJSON(t *testing.T) {
	type answer struct {
		Format      int  `json:"format_version"`
		Valid       bool `json:"valid"`
		Errors      int  `json:"errors"`
		Diagnostics []struct {
			Severity string
			File     string
			Line     int
		}
	}
	for config, valid := range map[string]bool{goodConfig: true, badConfig: false} {
		got := invoke(t, "", "validate", "--no-env", "--output", "json", writeConfig(t, config))
		var a answer
		if err := json.Unmarshal([]byte(got.out), &a); err != nil {
			t.Fatalf("%v: %+v", err, got)
		}
		if a.Format != 1 || a.Valid != valid || (got.status == 0) != valid || a.Diagnostics == nil {
			t.Errorf("status %d, %+v", got.status, a)
		}
		if !valid && (a.Errors != 2 || len(a.Diagnostics) != 2 || a.Diagnostics[0].Line != 3 || a.Diagnostics[0].Severity != "error") {
			t.Errorf("%+v", a)
		}
	}
}

func TestRunWithABadConfigurationExitsWith78(t *testing.T) {
	got := invoke(t, "", "run", "--config", writeConfig(t, badConfig), "--data-dir", t.TempDir())
	if got.status != 78 || !strings.Contains(got.err, ":3:12: error:") || !strings.Contains(got.err, ":5:3: error:") {
		t.Errorf("%+v", got)
	}
}
