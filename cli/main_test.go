package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// ran is how a command line ended.
type ran struct {
	status   int
	out, err string
}

func invoke(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	return invokeUntil(t, t.Context(), stdin, args...)
}

func invokeUntil(t *testing.T, ctx context.Context, stdin string, args ...string) ran {
	t.Helper()
	var out, err bytes.Buffer
	status := run(ctx, args, strings.NewReader(stdin), &out, &err)
	return ran{status, out.String(), err.String()}
}

func TestAWrongCommandLineExitsWith2AndOneLine(t *testing.T) {
	t.Setenv("POSTERN_RECEIVE_STATUS", "teapot")
	for _, c := range []struct{ args, want string }{
		{"soar", "postern: unexpected argument soar; see postern --help"},
		{"validat", `postern: unexpected argument validat, did you mean "validate"?; see postern --help`},
		{"send", `postern: give the TYPE of an event, or --events FILE; see postern send --help`},
		{"test --junit", `postern: --junit: a value is missing; see postern test --help`},
		{"send x --dta y", `postern: unknown flag --dta, did you mean "--data"?; see postern send --help`},
		{"secret", `postern: expected one of "set", "rm", "ls"; see postern secret --help`},
		{"secret set crm hunter2", "postern: unexpected argument hunter2; see postern secret set --help"},
		{"status --output yaml", `postern: --output must be one of "human","json" but got "yaml"; see postern status --help`},
		{"status --console localhost", `postern: --console: "localhost" is not host:port, such as 127.0.0.1:7481; see postern status --help`},
		{"status --console https://localhost:7481", `postern: --console: "https://localhost:7481" is not host:port, such as 127.0.0.1:7481; see postern status --help`},
		{"healthcheck --console localhost:7481/x", `postern: --console: "localhost:7481/x" is not host:port, such as 127.0.0.1:7481; see postern healthcheck --help`},
		{"run --log-level loud", `postern: --log-level must be one of "","debug","info","warn","error" but got "loud"; see postern run --help`},
		{"deliveries --limit 501", "postern: --limit: a number from 1 to 500 is wanted"},
		{"deliveries ls --state lost", "postern: --state: one of pending, held, delivered, failed, skipped, orphaned is wanted"},
		{"deliveries ls --since yesterday", "postern: --since: a time such as 2026-01-31T12:00:00Z or an age such as 90m is wanted"},
		{"receive", "postern: --status: expected a valid 64 bit int but got \"teapot\"; see postern receive --help"},
		{"receive --status 99", "postern: receive: --status is 200 to 599, not 99; see postern receive --help"},
		{"receive --status 200 --fail-rate 2", "postern: receive: --fail-rate is 0 to 1, not 2; see postern receive --help"},
		{"receive --status 200 --secret short", "postern: secret 1: a signing secret needs at least 16 bytes, this one has 5: make one with: openssl rand -base64 32"},
		{"send x\x1b[31m y", `postern: unexpected argument y; see postern send --help`},
		{"send x \x1b[31m", `postern: unexpected argument \x1b[31m; see postern send --help`},
	} {
		t.Run(c.args, func(t *testing.T) {
			got := invoke(t, "", strings.Fields(c.args)...)
			if diff := cmp.Diff(ran{status: 2, err: c.want + "\n"}, got, cmp.AllowUnexported(ran{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHelpGoesToStandardOutputAndIsWell(t *testing.T) {
	for _, args := range []string{"--help", "help", "send --help", "help send", "secret set -h", "deliveries show --help"} {
		got := invoke(t, "", strings.Fields(args)...)
		if got.status != 0 || !strings.HasPrefix(got.out, "Usage: postern") || got.err != "" {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

func TestNoVerbShowsHelpAndExitsWith2(t *testing.T) {
	got := invoke(t, "")
	if got.status != 2 || got.out != "" || !strings.HasPrefix(got.err, "Usage: postern <command>") {
		t.Errorf("%+v", got)
	}
}

// Terminals are 80 columns wide, and narrower ones wrap.
func TestHelpFitsATerminal(t *testing.T) {
	parser, err := newParser(io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	verbs := 0
	err = kong.Visit(parser.Model, func(n kong.Visitable, next kong.Next) error {
		if n, ok := n.(*kong.Node); ok {
			verbs++
			got := invoke(t, "", append(strings.Fields(n.Path()), "--help")...)
			if !strings.HasPrefix(got.out, "Usage: postern "+n.Path()) {
				t.Errorf("%s: %+v", n.Path(), got)
			}
			for line := range strings.Lines(got.out) {
				if utf8.RuneCountInString(line) > 80+len("\n") {
					t.Errorf("%s: %s", n.Path(), line)
				}
			}
		}
		return next(nil)
	})
	if err != nil || verbs < 15 {
		t.Errorf("%d verbs, %v", verbs, err)
	}
}

func TestEveryFlagHasItsVariable(t *testing.T) {
	parser, err := newParser(io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	flags := make(map[string]string) // by variable
	err = kong.Visit(parser.Model, func(n kong.Visitable, next kong.Next) error {
		f, ok := n.(*kong.Flag)
		if !ok || f.Name == "help" {
			return next(nil)
		}
		if len(f.Envs) != 1 || !strings.HasPrefix(f.Envs[0], "POSTERN_") {
			t.Errorf("--%s has variables %q", f.Name, f.Envs)
		} else if other, taken := flags[f.Envs[0]]; taken && other != f.Name {
			t.Errorf("%s is for --%s and --%s", f.Envs[0], other, f.Name)
		} else {
			flags[f.Envs[0]] = f.Name
		}
		return next(nil)
	})
	if err != nil || len(flags) < 20 {
		t.Errorf("%d variables, %v", len(flags), err)
	}
}

func TestVersion(t *testing.T) {
	Version = "1.2.3"
	t.Cleanup(func() { Version = "" })
	if got := invoke(t, "", "version"); got.status != 0 || !strings.HasPrefix(got.out, "postern 1.2.3 (go1.") {
		t.Errorf("%+v", got)
	}
	var v versionInfo
	got := invoke(t, "", "version", "--output", "json")
	if err := json.Unmarshal([]byte(got.out), &v); err != nil || v.Version != "1.2.3" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAVariableIsAFlagUnlessItIsEmpty(t *testing.T) {
	t.Setenv("POSTERN_OUTPUT", "json")
	if got := invoke(t, "", "version"); !strings.HasPrefix(got.out, "{") {
		t.Errorf("variable: %+v", got)
	}
	if got := invoke(t, "", "version", "--output=human"); !strings.HasPrefix(got.out, "postern") {
		t.Errorf("flag over variable: %+v", got)
	}
	t.Setenv("POSTERN_OUTPUT", "")
	if got := invoke(t, "", "version"); !strings.HasPrefix(got.out, "postern") {
		t.Errorf("empty variable: %+v", got)
	}
}
