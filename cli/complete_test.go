package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	conf := `
event "contact.subscribed" {}
event "two words" {}
webhook "crm" {
  url    = "https://example.com/"
  events = ["*"]
  secret = env("NOT_AT_HAND")
}
webhook "chat" {
  url    = "https://example.com/"
  events = ["*"]
}
`
	for name, content := range map[string]string{"postern.hcl": conf, "other.hcl": strings.ReplaceAll(conf, "crm", "crm2"), "bad.hcl": "webhook {"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		words []string
		want  string
	}{
		{[]string{"de"}, "demo deliveries"},
		{[]string{"secret", ""}, "set rm ls"},
		{[]string{"deliveries", ""}, "ls show export move"},
		{[]string{"deliveries", "--st"}, "--state"},
		{[]string{"deliveries", "ls", "--state=de"}, "delivered"},
		{[]string{"deliveries", "--state", "=", "de"}, "delivered"},
		{[]string{"deliveries", "--state", "="}, "pending held delivered failed skipped orphaned"},
		{[]string{"deliveries", "--state", "h"}, "held"},
		{[]string{"deliveries", "--class", "ti"}, "timeout"},
		{[]string{"deliveries", "--webhook", "c"}, "chat crm"},
		{[]string{"deliveries", "--config", "other.hcl", "--webhook", "cr"}, "crm2"},
		{[]string{"deliveries", "--config=bad.hcl", "--webhook", "c"}, ""},
		{[]string{"resume", ""}, "chat crm"},
		{[]string{"resume", "crm", ""}, ""},
		{[]string{"send", ""}, "contact.subscribed"},
		{[]string{"send", "x", "--data", ""}, ":files"},
		{[]string{"receive", "--ca-out", "c"}, ":files"},
		{[]string{"run", "--data-dir="}, ":dirs"},
		{[]string{"init", ""}, ":dirs"},
		{[]string{"fmt", "a", "b"}, ":files"},
		{[]string{"fmt", "--", "--c"}, ":files"},
		{[]string{"validate", "--output", "s"}, "sarif"},
		{[]string{"run", "--log-level", ""}, "debug info warn error"},
		{[]string{"completion", ""}, "bash zsh fish"},
		{[]string{"completion", "bash", ""}, ""},
		{[]string{"fmt", "--check", "--c"}, "--config"},
		{[]string{"receive", "--secret-file", "x", "--secret-f"}, "--secret-file"},
		{[]string{"receive", "-q", "--q"}, ""},
		{[]string{"receive", "--nonsense", "--q"}, "--quiet"},
		{[]string{"nonsense", "--hel"}, "--help"},
		{[]string{"status", "--o"}, "--output"},
		{[]string{"status", "x"}, ""},
		{[]string{"complet"}, "completion"},
	} {
		t.Run(strings.Join(tt.words, " "), func(t *testing.T) {
			got := invoke(t, "", append([]string{"complete", "--"}, tt.words...)...)
			var words []string
			for line := range strings.Lines(got.out) {
				word, _, _ := strings.Cut(line, "\t")
				words = append(words, word)
			}
			if diff := cmp.Diff(tt.want, strings.Join(words, " ")); diff != "" || got.status != 0 || got.err != "" {
				t.Errorf("%+v %s", got, diff)
			}
		})
	}
	if got := invoke(t, "", "complete", "--", "resu"); got.out != "resume\tEnd the suspension of a webhook\n" {
		t.Errorf("%q", got.out)
	}
}
