package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/config"
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
	for text, valid := range map[string]bool{goodConfig: true, badConfig: false} {
		got := invoke(t, "", "validate", "--no-env", "--output", "json", writeConfig(t, text))
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

const warnedConfig = `
webhook "crm" {
  url    = "https://api.example.com/hook"
  events = ["*"]
  auth "basic" {
    username = "u"
    password = "hunter2"
  }
}
`

func TestValidateStrictly(t *testing.T) {
	path := writeConfig(t, warnedConfig)
	if got := invoke(t, "", "validate", path); got.status != 0 || !strings.HasSuffix(got.out, "1 webhook, 0 events, 1 warning: valid\n") {
		t.Errorf("%+v", got)
	}
	got := invoke(t, "", "validate", "--strict", path)
	if got.status != 1 || !strings.Contains(got.out, ":7:16: error: This password can be read in the file.") || !strings.HasSuffix(got.out, "1 error: not valid\n") {
		t.Errorf("%+v", got)
	}
}

func TestValidateSeveralConfigurations(t *testing.T) {
	a, b := writeConfig(t, warnedConfig), writeConfig(t, strings.Replace(warnedConfig, "crm", "other", 1))
	if got := invoke(t, "", "validate", a, b); got.status != 0 || !strings.HasSuffix(got.out, "2 configurations, 2 webhooks, 0 events, 2 warnings: valid\n") {
		t.Errorf("%+v", got)
	}
	got := invoke(t, "", "validate", a, writeConfig(t, badConfig))
	if got.status != 1 || !strings.HasSuffix(got.out, "2 configurations, 2 errors, 1 warning: not valid\n") {
		t.Errorf("%+v", got)
	}
}

func TestValidateMarkdown(t *testing.T) {
	page := strings.Join([]string{
		"# A page", "```hcl", goodConfig, "```", "- a list", "  ```hcl", "  webhok \"x\" {}", "  ```", // line 19
		"```hcl fragment", "timeout = \"1s\"", "```", "```hcl fragment", "retry {", "```",
	}, "\n")
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	got := invoke(t, "", "validate", path)
	for _, want := range []string{path + ":17:3: error: There is no block \"webhok\".", path + ":23:7: error:", "2 configurations, 2 errors: not valid\n"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("no %q in:\n%s", want, got.out)
		}
	}
}

func TestValidateForGitHub(t *testing.T) {
	path := writeConfig(t, "webhook \"100%\" {\n  url = \"https://h\"\n  events = [\n    1\n  ] + 1\n}\nwebhok \"x\" {}\n")
	got := invoke(t, "", "validate", "--output", "github", path)
	for _, want := range []string{
		"::error file=" + path + ",line=1,endLine=1,col=9,endColumn=15,title=postern validate::The name of a webhook",
		"::error file=" + path + ",line=3,endLine=5,title=postern validate::",
		`::There is no block "webhok".%0ADid you mean "webhook"?` + "\n",
		"3 errors: not valid\n",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("no %q in:\n%s", want, got.out)
		}
	}
	if got.status != 1 {
		t.Errorf("status %d", got.status)
	}
}

func TestWorkflowCommandsAreEscaped(t *testing.T) {
	var b strings.Builder
	err := writeGitHub(&b, config.Diagnostics{
		{Summary: "50 %\r\n::warning::", File: "a,b:%c.hcl"},
		{Severity: config.Warning, Summary: "W.", Detail: "D."},
	})
	want := "::error file=a%2Cb%3A%25c.hcl,title=postern validate::50 %25%0D%0A::warning::\n::warning title=postern validate::W.%0AD.\n"
	if err != nil || b.String() != want {
		t.Errorf("got %s, %v", b.String(), err)
	}
}

func TestValidateAsSARIF(t *testing.T) {
	path := writeConfig(t, warnedConfig+"webhok \"x\" {}\n")
	got := invoke(t, "", "validate", "--output", "sarif", path)
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			Results []struct {
				RuleID, Level string
				Message       struct{ Text string }
				Locations     []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(got.out), &log); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	if got.status != 1 || log.Version != "2.1.0" || len(log.Runs) != 1 || len(log.Runs[0].Results) != 2 || log.Runs[0].Tool.Driver.Name != "postern" {
		t.Fatalf("%+v", got)
	}
	for i, want := range []struct{ rule, level, text string }{
		{"configuration-warning", "warning", "This password can be read in the file. Give it as env(\"NAME\"), credential(\"name\") or file(\"/run/secrets/…\")."},
		{"configuration-error", "error", `There is no block "webhok". Did you mean "webhook"?`},
	} {
		r := log.Runs[0].Results[i]
		if r.RuleID != want.rule || r.Level != want.level || r.Message.Text != want.text || log.Runs[0].Tool.Driver.Rules[1-i].ID != want.rule {
			t.Errorf("%+v", r)
		}
		if uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI; uri != "file://"+path {
			t.Errorf("uri %s", uri)
		}
	}
	if r := log.Runs[0].Results[1].Locations[0].PhysicalLocation.Region; r.StartLine != 10 || r.StartColumn != 1 || r.EndLine != 10 || r.EndColumn != 7 {
		t.Errorf("%+v", r)
	}
}

func TestPathsAsURIs(t *testing.T) {
	for path, want := range map[string]string{
		"conf.d/a b.hcl": "conf.d/a%20b.hcl",
		"c:d/é.hcl":      "./c:d/%C3%A9.hcl",
		"/etc/50%.hcl":   "file:///etc/50%25.hcl",
	} {
		if got := fileURI(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestRunWithABadConfigurationExitsWith78(t *testing.T) {
	got := invoke(t, "", "run", "--config", writeConfig(t, badConfig), "--data-dir", t.TempDir())
	if got.status != 78 || !strings.Contains(got.err, ":3:12: error:") || !strings.Contains(got.err, ":5:3: error:") {
		t.Errorf("%+v", got)
	}
}
