package cli

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed demo.hcl.tmpl
var demoTemplate string

// demoSettings are what the demo's directory is filled with.
type demoSettings struct {
	Dir      string // of everything
	Receiver string // host:port
	Events   string // host:port
	Console  string // host:port

	roots    []byte // of the receiver, PEM
	secret   string
	password string
}

// DataDir is where the demo's agent keeps its line.
func (d demoSettings) DataDir() string { return filepath.Join(d.Dir, "data") }

// write puts the configuration, and the files that it reads, into the
// directory, and gives its path.
func (d demoSettings) write() (path string, err error) {
	t, err := template.New("demo").Funcs(template.FuncMap{"hcl": hclText}).Parse(demoTemplate)
	if err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	for name, content := range map[string][]byte{
		"postern.hcl":    b.Bytes(),
		"ca.pem":         d.roots,
		"signing.secret": []byte(d.secret),
		"crm.password":   []byte(d.password),
	} {
		if err := os.WriteFile(filepath.Join(d.Dir, name), content, 0o600); err != nil {
			return "", fmt.Errorf("demo: %w", err)
		}
	}
	return filepath.Join(d.Dir, "postern.hcl"), nil
}

// hclText writes text between the quotes of an HCL string.
func hclText(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${", "%{", "%%{").Replace(text)
}
