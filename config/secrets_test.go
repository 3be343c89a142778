package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/secret"
)

// A configuration in which everything that can go wrong with a secret does.
const leaky = `
agent { log_level = env("PD_KEY") }
locals {
  all  = { a = env("PD_KEY"), b = [credential("token")], c = "x${env("CRM_PASSWORD")}" }
  text = "${env("CRM_PASSWORD")}"
}
webhook "w" {
  url     = env("CRM_PASSWORD")
  method  = env("PD_KEY")
  events  = [env("CRM_PASSWORD"), env("BROKEN")]
  timeout = "${env("PD_KEY")}s"
  secret  = [env("SHORT"), "canary-literal-secret"]
  payload = {
    a = lower(env("PD_KEY"))
    b = env("PD_KEY") + 1
    c = local.all.nope
    d = local.all[env("PD_KEY")]
    e = { for k in [env("PD_KEY")] : k => k }
    f = jsondecode(env("NOT_JSON"))
    g = [for x in env("PD_KEY") : x]
    h = env("PD_KEY").x
    i = "${local.all}"
    j = format("%d", local.text)
    k = file(env("CRM_PASSWORD"))
    l = env(env("PD_KEY"))
    m = credential(env("CRM_PASSWORD"))
    n = true ? local.text : [env("PD_KEY")]
    o = upper(local.all)
    p = -env("PD_KEY")
    q = merge(env("PD_KEY"), local.all)
    r = concat([env("PD_KEY")], env("PD_KEY"))
    (env("PD_KEY")) = 1
    "${env("PD_KEY")}" = 2
  }
  headers = { (env("PD_KEY")) = env("BROKEN") }
  query   = { x = upper(env("PD_KEY")) }
  auth "basic" {
    username = env("COLON")
    password = env("BROKEN")
  }
}
webhook "x" {
  url    = "https://canary-user:canary-password-0123456789@h/${env("BROKEN")}"
  events = ["*"]
  auth "header" {
    name  = env("PD_KEY")
    value = "canary-literal-value"
  }
}
`

func TestNoSecretIsToldInAnyDiagnostic(t *testing.T) {
	g, ds := load(fileOf(leaky), testInputs())
	if g != nil || len(ds) < 20 {
		t.Fatalf("%d diagnostics", len(ds))
	}
	encoded, err := json.Marshal(ds)
	if err != nil {
		t.Fatal(err)
	}
	for _, told := range []string{printed(ds), string(encoded), ds.Error(), fmt.Sprintf("%+v %#v", ds, ds)} {
		checkNoCanary(t, told)
		for _, other := range []string{"canary-literal", "canary-user", "canary"} {
			if strings.Contains(told, other) {
				t.Errorf("%q is told in %s", other, told)
			}
		}
	}
}

func TestLiteralSecretsAreMaskedWhereverTheyAreDeclared(t *testing.T) {
	_, ds := load(fileOf(`locals {
  a = "canary-of-the-key-0"
  b = "canary-of-the-token\n"
}
webhook "w" {
  url    = "https://h"
  events = ["*"]
  secret = local.a
  auth "bearer" { token = local.b }
}`), testInputs())
	if got := printed(ds); len(ds) != 3 || strings.Contains(got, "canary") || !strings.Contains(got, `  a = "*******************"`) {
		t.Errorf("got %s", got)
	}
}

func TestNoSecretIsPrintedWithAGeneration(t *testing.T) {
	g := mustLoad(t, readTest(t, "testdata/good/all.hcl"))
	checkNoCanary(t, fmt.Sprintf("%v %+v", *g, *g.Plan))
	for _, w := range g.Plan.Webhooks {
		checkNoCanary(t, fmt.Sprintf("%+v", *w))
	}
}

func TestWithoutTheEnvironmentTheRestIsChecked(t *testing.T) {
	in := Inputs{
		NoEnv:    true,
		Env:      func(string) (string, bool) { return "", false },
		ReadFile: func(path string) ([]byte, error) { return ReadRegular(path, maxFile) },
	}
	for _, name := range []string{"testdata/good/all.hcl", "testdata/good/reference.hcl"} {
		if _, ds := load(fileOf(readTest(t, name)), in); ds.HasErrors() {
			t.Errorf("%s: %s", name, printed(ds))
		}
	}
	text := `
agent {
  log_level     = env("X")
  drain_timeout = env("X")
}
egress {
  allow   = [env("X"), env("Y")]
  ca_file = env("X")
}
listen "http" { address = env("X") }
console {
  address = "0.0.0.0:1"
  token   = env("X")
}
webhook "w" {
  url     = env("X")
  events  = [env("X")]
  secret  = [env("X"), credential("y"), file("/run/secrets/z")]
  timeout = plain(env("X"))
  payload = { a = env("X"), b = "b ${env("X")}", c = plain(env("X")), d = local.on ? 1 : 2 }
  headers = { a = "x ${plain(env("X"))}" }
  auth "header" {
    name  = env("X")
    value = base64encode(env("X"))
  }
}
webhook "port" {
  url    = "https://${env("HOST")}:${env("PORT")}/x"
  events = ["*"]
  secret = ""
}
webhook "scheme" {
  url    = "${env("SCHEME")}://h/x"
  events = ["*"]
}
webhook "path" {
  url    = "https://h:8443${env("X")}"
  events = ["*"]
}
webhook "all" {
  url    = "${env("SCHEME")}://${env("HOST")}:${env("PORT")}${env("X")}"
  events = ["*"]
}
webhook "numbered" {
  url    = "https://[${env("IP")}]:${env("PORT")}${env("X")}"
  events = ["*"]
}
webhook "rest" {
  url    = "${env("X")}:${env("PORT")}/x"
  events = ["*"]
}
locals {
  on = env("X") == "x"
}
`
	if _, ds := load(fileOf(text), in); ds.HasErrors() {
		t.Error(printed(ds))
	}
	_, ds := load(fileOf(`webhook "w" {
  url     = "${env("X")}#fragment"
  events  = ["*"]
  timeout = "x"
  payload = { a = [for x in env("X") : x], b = expr("1 +") }
  headers = { c = upper(env("X")) }
}`), in)
	if len(ds) != 5 || !strings.Contains(printed(ds), "fragment") {
		t.Errorf("got %s", printed(ds))
	}
}

func TestFilesAreConfined(t *testing.T) {
	root := t.TempDir()
	dir, creds, elsewhere := filepath.Join(root, "config"), filepath.Join(root, "credentials"), filepath.Join(root, "elsewhere")
	for path, content := range map[string]string{
		filepath.Join(dir, "plain.txt"):           "plain\n",
		filepath.Join(dir, "sub/deep.txt"):        "deep\r\n",
		filepath.Join(dir, "two.txt"):             "two\n\n",
		filepath.Join(dir, "big.txt"):             strings.Repeat("x", maxFile+1),
		filepath.Join(dir, "binary.txt"):          "\xff",
		filepath.Join(dir, "..v1/mounted.txt"):    "mounted",
		filepath.Join(creds, "cred"):              "from-systemd\n",
		filepath.Join(elsewhere, "elsewhere.txt"): "elsewhere",
	} {
		write(t, path, content)
	}
	link(t, "..v1", filepath.Join(dir, "..data"))
	link(t, "..data/mounted.txt", filepath.Join(dir, "mounted.txt"))
	link(t, filepath.Join(elsewhere, "elsewhere.txt"), filepath.Join(dir, "out.txt"))
	link(t, dir, filepath.Join(root, "current"))

	in := Inputs{Env: func(name string) (string, bool) { return creds, name == "CREDENTIALS_DIRECTORY" }}
	for call, want := range map[string]string{
		`file("plain.txt")`:                         "plain",
		`file("sub/../sub/deep.txt")`:               "deep",
		`file("two.txt")`:                           "two\n",
		`file("mounted.txt")`:                       "mounted",
		`file("` + dir + `/plain.txt")`:             "plain",
		`file("` + creds + `/cred")`:                "secret file:" + creds + "/cred = from-systemd",
		`credential("cred")`:                        "secret credential:cred = from-systemd",
		`file("../elsewhere/elsewhere.txt")`:        `error: The file "../elsewhere/elsewhere.txt" is outside the configuration's directory.`,
		`file("` + elsewhere + `/elsewhere.txt")`:   `is outside the configuration's directory.`,
		`file("out.txt")`:                           `error: The file "out.txt" is outside the configuration's directory.`,
		`file("sub/../../elsewhere/elsewhere.txt")`: `is outside the configuration's directory.`,
		`file(".")`:                                 `is outside the configuration's directory.`,
		`file("big.txt")`:                           `can't be read: it is larger than 1048576 bytes.`,
		`file("binary.txt")`:                        `is not valid UTF-8.`,
		`file("sub")`:                               `can't be read: it is a directory, not a regular file.`,
		`credential("../cred")`:                     `The name of a credential is a plain file name.`,
		`credential("none")`:                        `There is no credential "none".`,
	} {
		for _, from := range []string{dir, filepath.Join(root, "current")} {
			files := fileOf(withPayload("{ a = "+call+" }", ""))
			files.Dir = from
			if got := outcome(t, files, in); !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %s", call, got, want)
			}
		}
	}
}

// outcome is the payload's only value, or the first error.
func outcome(t *testing.T, files Files, in Inputs) string {
	t.Helper()
	g, ds := load(files, in)
	if ds.HasErrors() {
		return ds.Error()
	}
	for name, value := range g.Plan.Secrets {
		return "secret " + name + " = " + value.Reveal()
	}
	var v struct{ A string }
	if err := json.Unmarshal([]byte(render(t, g)), &v); err != nil {
		t.Fatal(err)
	}
	return v.A
}

func TestStoredSecretsAreKept(t *testing.T) {
	text := `webhook "kept" {
  url    = "https://h"
  events = ["*"]
  secret = ""
}`
	g := mustLoad(t, text)
	if len(g.Plan.Webhooks["kept"].Sign.Keys) != 1 || len(g.Literal) != 0 {
		t.Errorf("got %+v", g.Plan.Webhooks["kept"])
	}
	in := testInputs()
	in.Stored = func(string, string) (secret.Text, error) { return secret.New("short"), nil }
	_, ds := load(fileOf(text), in)
	if strings.Contains(ds.Error(), "short,") {
		t.Errorf("got %v", ds)
	}
	golden(t, "testdata/stored-secret.want", printed(ds))
	in.Stored = func(string, string) (secret.Text, error) {
		return secret.Text{}, errors.New("stored secrets data/secrets.json: written by a newer Postern")
	}
	_, ds = load(fileOf(text), in)
	golden(t, "testdata/stored-unreadable.want", printed(ds))
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
