package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/queue/embedded"
)

// alone gives flags for which no agent runs.
func alone(t *testing.T) (dir string, flags []string) {
	t.Helper()
	address, err := freeAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "data")
	return dir, []string{"--console", address, "--data-dir", dir}
}

func TestSecretWithoutAnAgentWorksOnTheDataDirectory(t *testing.T) {
	dir, flags := alone(t)
	got := invoke(t, testSecret+"\n", append([]string{"secret", "set", "crm"}, flags...)...)
	if got.status != 0 || !strings.Contains(got.out, dir) || strings.Contains(got.out+got.err, testSecret) || got.err != "" {
		t.Errorf("set: %+v", got)
	}
	if value, err := secret.Peek(dir, "crm"); err != nil || value.Reveal() != testSecret {
		t.Errorf("stored %q, %v", value.Reveal(), err)
	}
	if got := invoke(t, "sixteen plain bytes", append([]string{"secret", "set", "chat"}, flags...)...); got.status != 0 || !strings.Contains(got.err, "whsec_") {
		t.Errorf("set a plain one: %+v", got)
	}

	var l console.SecretList
	got = invoke(t, "", append([]string{"secret", "ls", "--output", "json"}, flags...)...)
	if err := json.Unmarshal([]byte(got.out), &l); err != nil || len(l.Secrets) != 2 || l.Secrets[1].Webhook != "crm" || l.Secrets[1].From != "set" {
		t.Errorf("ls: %+v, %+v, %v", got, l, err)
	}

	if got := invoke(t, "", append([]string{"secret", "rm", "crm"}, flags...)...); got.status != 0 {
		t.Errorf("rm: %+v", got)
	}
	if got := invoke(t, "", append([]string{"secret", "rm", "crm"}, flags...)...); got.status != 1 || !strings.Contains(got.err, "no secret is stored") {
		t.Errorf("rm again: %+v", got)
	}
}

func TestSecretSetRefuses(t *testing.T) {
	_, flags := alone(t)
	for _, c := range []struct{ webhook, value, want string }{
		{"crm", "", "no secret was given"},
		{"crm", "\n", "no secret was given"},
		{"crm", "short", "16 bytes"},
		{"c/rm", testSecret, "not a webhook's name"},
		{"crm", strings.Repeat("x", maxSecret+1), "over 64 KiB"},
	} {
		got := invoke(t, c.value, append([]string{"secret", "set", c.webhook}, flags...)...)
		if got.status != 1 || !strings.Contains(got.err, c.want) || len(c.value) > 2 && strings.Contains(got.err, c.value) {
			t.Errorf("%s %.20q: status %d, %.200s", c.webhook, c.value, got.status, got.err)
		}
	}
}

func TestSecretSetLeavesADirectoryInUseAlone(t *testing.T) {
	dir, flags := alone(t)
	own, err := embedded.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	got := invoke(t, testSecret, append([]string{"secret", "set", "crm"}, flags...)...)
	if got.status != 74 || !strings.Contains(got.err, "in use") || !strings.Contains(got.err, "not reachable") {
		t.Errorf("%+v", got)
	}
}
