package cli

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/internal/durable"
	"github.com/posternhq/postern/internal/inert"
)

type initVerb struct {
	Dir string `arg:"" optional:"" default:"." help:"Where to write it; made if it is not there. Default: the current directory."`
	URL string `name:"url" help:"Where the first webhook goes. Default: where postern receive listens." env:"POSTERN_INIT_URL" placeholder:"URL"`
}

//go:embed starting
var starting embed.FS

// A starter is what a starting configuration is filled with.
type starter struct {
	URL   string
	Rules string // for egress, as a list is written; empty: the receiver is public
	Plain bool   // by http://
}

// receiverDefault is where postern receive listens.
const receiverDefault = "http://127.0.0.1:9000/"

// Run writes all files or none.
func (v *initVerb) Run(s *session) error {
	st, err := newStarter(v.URL)
	if err != nil {
		return err
	}
	files, err := st.files()
	if err != nil {
		return err
	}
	if err := st.check(v.Dir, files); err != nil {
		return err
	}
	if err := refuseToOverwrite(v.Dir, files); err != nil {
		return err
	}
	if err := writeNew(v.Dir, files); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	v.greet(s, files)
	return nil
}

func newStarter(address string) (*starter, error) {
	if address == "" {
		address = receiverDefault
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return nil, usageError{"--url: a whole URL is wanted, such as https://example.com/hook"}
	}
	st := &starter{URL: address, Plain: u.Scheme == "http"}
	rules := rulesOf(u)
	for i, rule := range rules {
		rules[i] = fmt.Sprintf("%q", rule)
	}
	if st.Rules = strings.Join(rules, ", "); st.Plain && st.Rules == "" {
		return nil, usageError{"--url: plain http:// goes to addresses that the configuration lists: write the receiver's IP address, or https://"}
	}
	return st, nil
}

// rulesOf are the addresses that egress has to list for a URL; a name that is
// looked up needs none, unless it is that of this machine.
func rulesOf(u *url.URL) []string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if strings.EqualFold(u.Hostname(), "localhost") {
		return []string{"127.0.0.1:" + port, "[::1]:" + port}
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return nil
	}
	if addr.Is6() {
		return []string{"[" + addr.String() + "]:" + port}
	}
	return []string{addr.String() + ":" + port}
}

// files are what is written, by name.
func (st *starter) files() (map[string][]byte, error) {
	t, err := template.New("postern.hcl.tmpl").Funcs(template.FuncMap{"hcl": hclText}).ParseFS(starting, "starting/postern.hcl.tmpl")
	if err != nil {
		return nil, fmt.Errorf("init: %w", err)
	}
	var conf bytes.Buffer
	if err := t.Execute(&conf, st); err != nil {
		return nil, fmt.Errorf("init: %w", err)
	}
	files := map[string][]byte{"postern.hcl": conf.Bytes()}
	for name, embedded := range map[string]string{"event.json": "starting/event.json", ".gitignore": "starting/gitignore"} {
		if files[name], err = starting.ReadFile(embedded); err != nil {
			return nil, fmt.Errorf("init: %w", err)
		}
	}
	return files, nil
}

// check refuses a URL that the configuration would be refused for.
func (st *starter) check(dir string, files map[string][]byte) error {
	set := config.Files{Dir: dir, Files: []config.File{{Name: "postern.hcl", Content: files["postern.hcl"]}}}
	_, ds := config.Load(set, config.Inputs{
		ReadFile: func(path string) ([]byte, error) {
			if content, ours := files[filepath.Base(path)]; ours {
				return content, nil
			}
			return nil, fs.ErrNotExist
		},
	})
	if len(ds) == 0 {
		return nil
	}
	return usageError{"--url: " + inert.Text(strings.TrimSpace(ds[0].Summary+" "+ds[0].Detail))}
}

// refuseToOverwrite names what is there already of what would be written, or
// would be read beside it.
func refuseToOverwrite(dir string, files map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	var there []string
	for _, e := range entries {
		if files[e.Name()] != nil || strings.HasSuffix(e.Name(), ".hcl") {
			there = append(there, filepath.Join(dir, e.Name()))
		}
	}
	if len(there) == 0 {
		return nil
	}
	return fmt.Errorf("there is %s already; nothing was written. Name another directory: postern init DIR", strings.Join(there, ", "))
}

// writeNew writes all files where none of them is, or leaves nothing behind.
func writeNew(dir string, files map[string][]byte) (err error) {
	if err := durable.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var written []string
	defer func() {
		for _, path := range written {
			if err != nil {
				_ = os.Remove(path) // the first error is the one to tell
			}
		}
	}()
	for name, content := range files {
		path := filepath.Join(dir, name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		written = append(written, path)
		_, err = f.Write(content)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return durable.SyncDir(dir)
}

// greet names the files, and what to type next.
func (v *initVerb) greet(s *session, files map[string][]byte) {
	var names []string
	for name := range files {
		names = append(names, inert.Text(filepath.Join(v.Dir, name)))
	}
	slices.Sort(names)
	fmt.Fprintf(s.out, "Wrote %s.\n\n", strings.Join(names, ", "))
	t := newTable(s.out)
	if filepath.Clean(v.Dir) != "." {
		t.row("  cd " + shellWord(v.Dir))
	}
	t.row("  postern test", "what its tests expect; nothing is sent")
	t.row("  postern explain event.json", "what goes out, and where each value comes from")
	if v.URL == "" {
		t.row("  postern receive", "a receiver, in a terminal of its own")
	}
	t.row("  postern run", "the agent, in a terminal of its own")
	t.row("  postern send contact.subscribed", "an event: the sample")
	t.row("  postern deliveries", "what became of it")
	t.flush()
}

// shellWord is text as a shell takes it for one word.
func shellWord(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./,:@%+=", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
