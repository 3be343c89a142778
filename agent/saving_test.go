package agent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A volume is a directory of configuration, mounted the way that Kubernetes does
// it: "current" is a symlink to one of two directories.
type volume struct {
	t     *testing.T
	root  string
	sides [2]string // by name; the first one is current
	links int
	fixed map[string]string // files that stay as they are
}

func newVolume(t *testing.T, root string, fixed map[string]string, hooks string) *volume {
	t.Helper()
	v := &volume{t: t, root: root, sides: [2]string{"a", "b"}, fixed: fixed}
	for _, dir := range []string{"a", "b", "versions"} {
		v.must(os.Mkdir(filepath.Join(root, dir), 0o700))
	}
	for _, side := range v.sides {
		for name, text := range fixed {
			v.must(os.WriteFile(filepath.Join(root, side, name), []byte(text), 0o600))
		}
	}
	v.must(os.WriteFile(filepath.Join(root, "a", "hooks.hcl"), []byte(hooks), 0o600))
	v.must(os.Symlink("a", v.path()))
	return v
}

func (v *volume) path() string { return filepath.Join(v.root, "current") }

func (v *volume) file() string { return filepath.Join(v.path(), "hooks.hcl") }

func (v *volume) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// ways are how people and programs save hooks.hcl.
var ways = []struct {
	name string
	save func(v *volume, text string)
}{
	{"in place", func(v *volume, text string) {
		v.must(os.WriteFile(v.file(), []byte(text), 0o600))
	}},
	{"in place, in pieces", func(v *volume, text string) {
		f, err := os.OpenFile(v.file(), os.O_WRONLY|os.O_TRUNC|os.O_CREATE, 0o600)
		v.must(err)
		defer f.Close()
		for rest := text; rest != ""; {
			n := min(len(rest), 100)
			_, err := f.WriteString(rest[:n])
			v.must(err)
			v.must(f.Sync())
			rest = rest[n:]
		}
	}},
	{"renamed over", func(v *volume, text string) {
		v.must(os.WriteFile(v.file()+".tmp", []byte(text), 0o600))
		v.must(os.Rename(v.file()+".tmp", v.file()))
	}},
	{"the old one kept as a backup", func(v *volume, text string) {
		v.must(os.Rename(v.file(), v.file()+"~"))
		v.must(os.WriteFile(v.file(), []byte(text), 0o600))
	}},
	{"a symlink swapped", func(v *volume, text string) {
		v.links++
		version := filepath.Join(v.root, "versions", fmt.Sprint(v.links%2))
		v.must(os.WriteFile(version+".tmp", []byte(text), 0o600)) // or the link that is there would show it
		v.must(os.Rename(version+".tmp", version))
		v.must(os.Symlink(version, v.file()+".link"))
		v.must(os.Rename(v.file()+".link", v.file()))
	}},
	{"the directory swapped", func(v *volume, text string) {
		v.sides[0], v.sides[1] = v.sides[1], v.sides[0]
		next := filepath.Join(v.root, v.sides[0])
		v.must(os.RemoveAll(next))
		v.must(os.Mkdir(next, 0o700))
		for name, text := range v.fixed {
			v.must(os.WriteFile(filepath.Join(next, name), []byte(text), 0o600))
		}
		v.must(os.WriteFile(filepath.Join(next, "hooks.hcl"), []byte(text), 0o600))
		v.must(os.Symlink(v.sides[0], v.path()+".tmp"))
		v.must(os.Rename(v.path()+".tmp", v.path()))
	}},
}

// spoilt are the ways in which a good hooks.hcl goes wrong.
var spoilt = []struct {
	name  string
	spoil func(good string) string
}{
	{"cut off", func(good string) string { return good[:len(good)/2] }},
	{"emptied", func(string) string { return "" }},
	{"a brace too many", func(good string) string { return good + "}\n" }},
	{"an unknown attribute", func(good string) string { return strings.Replace(good, "events ", "evnets ", 1) }},
	{"plain http", func(good string) string { return strings.Replace(good, "https://", "http://", 1) }},
	{"a webhook twice", func(good string) string { return good + good }},
	{"a variable that is unset", func(good string) string {
		return good + "webhook \"crm\" {\n  url = env(\"POSTERN_TEST_NOWHERE\")\n  events = [\"*\"]\n}\n"
	}},
	{"an expression that is none", func(good string) string { return strings.Replace(good, "n % 2", "n %% 2", 1) }},
	{"another listener", func(good string) string { return good + "listen \"unix\" { path = \"/tmp/postern.sock\" }\n" }},
	{"no text", func(good string) string { return good + "\x00\xff\xfe" }},
	{"too large", func(good string) string { return good + strings.Repeat("# filler\n", 1<<17) }},
}
