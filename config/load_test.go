package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/posternhq/postern/internal/secret"
)

var update = flag.Bool("update", false, "write the golden files")

// canaries are what no diagnostic may ever say.
var canaries = map[string]string{
	"CRM_WEBHOOK_SECRET": "whsec_Q0FOQVJZLWNhbmFyeS1DQU5BUlktY2FuYXJ5",
	"CRM_PASSWORD":       "canary-password-0123456789",
	"PD_KEY":             "canary-routing-key",
	"PRIVATE_KEY":        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
	"SHORT":              "canary",
	"COLON":              "canary:with-colon",
	"BROKEN":             "canary-line\ncanary-break",
	"PORT":               "canary-port",
	"NOT_JSON":           "canary{not json",
	"BINARY":             "canary\xff",
	"PROXY":              "https://canary-user:canary%40proxy:0123@[2001:DB8::1]:3129/",
	"LOG_LEVEL":          "debug",
}

func testInputs() Inputs {
	return Inputs{
		Env: func(name string) (string, bool) { v, ok := canaries[name]; return v, ok },
		Stored: func(_, webhook string) (stored secret.Text, err error) {
			if webhook == "kept" {
				stored = secret.New("whsec_Q0FOQVJZLXN0b3JlZC1DQU5BUlktc3RvcmVk")
			}
			return stored, nil
		},
		ReadFile: func(path string) ([]byte, error) {
			if strings.HasPrefix(path, runSecrets+"/") {
				if content := pemFiles()[filepath.Base(path)]; content != nil {
					return content, nil
				}
				if filepath.Base(path) == "token" {
					return []byte("canary-token-in-a-file\n"), nil
				}
				return nil, fs.ErrNotExist
			}
			return ReadRegular(path, maxFile)
		},
	}
}

func fileOf(text string) Files {
	return Files{Dir: "testdata/good", Files: []File{{Name: "postern.hcl", Content: []byte(text)}}}
}

// mustLoad fails the test if text is not well.
func mustLoad(t testing.TB, text string) *Generation {
	t.Helper()
	g, ds := load(fileOf(text), testInputs())
	if ds.HasErrors() {
		t.Fatalf("Load: %v", printed(ds))
	}
	return g
}

func printed(ds Diagnostics) string {
	var b strings.Builder
	if err := ds.Write(&b, false); err != nil {
		return err.Error()
	}
	return b.String()
}

func readTest(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// golden compares got with a file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is missing; -update writes it. Got:\n%s", name, got)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", name, got, want)
	}
}

func checkNoCanary(t *testing.T, text string) {
	t.Helper()
	for name, value := range canaries {
		if name != "LOG_LEVEL" && strings.Contains(text, value) {
			t.Errorf("the value of %s is told:\n%s", name, text)
		}
	}
	for _, other := range []string{"canary-token-in-a-file", "canary@proxy", "canary-line", "CANARY"} {
		if strings.Contains(text, other) {
			t.Errorf("%s is told:\n%s", other, text)
		}
	}
}

func TestReferenceConfigurationLoads(t *testing.T) {
	g := mustLoad(t, readTest(t, "testdata/good/reference.hcl"))
	if got := subscribers(g, "contact.subscribed"); len(got) != 1 || got[0] != "crm" {
		t.Errorf("it goes to %q", got)
	}
}

func TestADirectoryWithoutConfigurationIsTold(t *testing.T) {
	g, ds := load(Files{Dir: "/etc/postern"}, testInputs())
	if g == nil || len(ds) != 1 || ds[0].Severity != Warning {
		t.Errorf("got %v, %v", g, ds)
	}
	golden(t, "testdata/read/no-files.want", printed(ds))
}

// Each file of testdata/bad breaks one rule.
func TestBadConfigurationsAreExplained(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range files {
		base := filepath.Base(name)
		t.Run(strings.TrimSuffix(base, ".hcl"), func(t *testing.T) {
			in := Files{Dir: "testdata/good", Files: []File{{Name: base, Content: []byte(readTest(t, name))}}}
			g, ds := load(in, testInputs())
			if len(ds) == 0 || (g == nil) != ds.HasErrors() {
				t.Errorf("generation %v with %d diagnostics", g != nil, len(ds))
			}
			got := printed(ds)
			checkNoCanary(t, got)
			golden(t, strings.TrimSuffix(name, ".hcl")+".want", got)
		})
	}
}

// Each file of the archive breaks one rule of HCL itself.
func TestWhatIsNoHCLIsExplained(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/syntax.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range archive.Files {
		g, ds := load(Files{Files: []File{{Name: f.Name, Content: f.Data}}}, testInputs())
		if g != nil || len(ds) == 0 {
			t.Errorf("%s is taken", f.Name)
		}
		all.WriteString(printed(ds) + "\n")
	}
	if strings.Contains(all.String(), "canary") {
		t.Error("a secret is told")
	}
	golden(t, "testdata/syntax.want", all.String())
}

// A file that can't be parsed hides nothing that is wrong in the others, and
// what it may declare is not missed there.
func TestABrokenFileDoesNotHideTheOthers(t *testing.T) {
	files := Files{Dir: "testdata/good", Files: []File{
		{Name: "a.hcl", Content: []byte("mapping \"m\" {\n  fields = {\n}\n")},
		{Name: "b.hcl", Content: []byte(`event "contact.subscribed" {}
listen "http" { address = "127.0.0.1:7481" }
webhook "w" {
  events  = ["contact.unsubscribed"]
  url     = "http://h/x"
  secret  = ""
  timeout = "1"
  payload = merge(mapping.m, { a = local.x })
  form {}
}
webhook "w" {}
`)},
	}}
	g, ds := load(files, testInputs())
	if g != nil {
		t.Error("it is taken")
	}
	golden(t, "testdata/partial.want", printed(ds))
}
