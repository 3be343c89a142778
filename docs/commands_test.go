package docs

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/pages"
)

// An indented block would be a place for commands that no test sees.
func TestEveryBlockIsFenced(t *testing.T) {
	for _, page := range all(t) {
		for _, b := range pages.Blocks(read(t, page)) {
			if b.Language == "indented" {
				t.Errorf("%s:%d: an indented block; fence it, as package internal/pages says", page, b.Line)
			}
			if b.Language == "bash" || b.Language == "shell" {
				t.Errorf("%s:%d: commands are fenced as sh or console", page, b.Line)
			}
		}
	}
}

// byHand are the blocks that no test runs: they need a machine, a cluster, or
// somebody's account.
var byHand = map[string]int{
	"docs/api.md":                   1, // a socket in /run
	"docs/connect-a-crm.md":         1, // a service and its key
	"docs/containers.md":            2, // Docker
	"docs/damage.md":                1, // systemd and root
	"examples/kubernetes/README.md": 1, // a cluster
	"examples/systemd/README.md":    2, // systemd and root; .ci/systemd runs the first
}

func TestCommandsThatNoTestRunsAreFew(t *testing.T) {
	sum := 0
	for _, page := range all(t) {
		n := 0
		for _, b := range pages.Blocks(read(t, page)) {
			if b.Commands() && b.Has("by-hand") {
				n++
			}
		}
		if n != byHand[page] {
			t.Errorf("%s has %d blocks that are done by hand, and %d are known", page, n, byHand[page])
		}
		sum += n
	}
	if index := read(t, "docs/README.md"); !strings.Contains(index, strconv.Itoa(sum)+" blocks") {
		t.Errorf("the index does not say that there are %d blocks", sum)
	}
}

var flag = regexp.MustCompile(`--[a-z][a-z-]*`)

// Forms of commands, with names to fill in, have verbs and flags that are there.
func TestFormsOfCommandsHaveTheirFlags(t *testing.T) {
	makefile := read(t, "Makefile")
	known, forms := map[string]string{}, 0
	help := func(words ...string) string {
		name := strings.Join(words, " ")
		if known[name] == "" {
			out, err := exec.Command("postern", append(words, "--help")...).CombinedOutput()
			if err != nil {
				return ""
			}
			known[name] = string(out)
		}
		return known[name]
	}
	for _, page := range all(t) {
		for _, b := range pages.Blocks(read(t, page)) {
			if !b.Commands() || !b.Has("usage") {
				continue
			}
			for _, form := range formsOf(b) {
				words := strings.Fields(form)
				if len(words) == 2 && words[0] == "make" && strings.Contains(makefile, "\n"+words[1]+":") {
					continue
				}
				if len(words) < 2 || words[0] != "postern" {
					t.Errorf("%s:%d: neither a form of postern VERB nor make TARGET: %s", page, b.Line, form)
					continue
				}
				forms++
				text := help(words[1])
				if text == "" {
					t.Errorf("%s:%d: there is no verb %s", page, b.Line, words[1])
				}
				if strings.Contains(text, "\nCommands:") && len(words) > 2 {
					text = help(words[1], words[2])
				}
				for _, f := range flag.FindAllString(form, -1) {
					if !regexp.MustCompile(f + `\b`).MatchString(text) {
						t.Errorf("%s:%d: %s has no %s", page, b.Line, words[1], f)
					}
				}
			}
		}
	}
	if forms < 20 {
		t.Errorf("%d forms", forms)
	}
}

var program = regexp.MustCompile(`<\((postern [^)]*)\)`)

// formsOf are the commands of a block, one by one: without comments, out of pipes
// and of what the shell puts around them.
func formsOf(b pages.Block) (all []string) {
	for line := range strings.SplitSeq(strings.ReplaceAll(strings.Join(b.Lines, "\n"), "\\\n", " "), "\n") {
		line, _, _ = strings.Cut(line, " #")
		for part := range strings.SplitSeq(line, " | ") {
			if within := program.FindStringSubmatch(part); within != nil {
				part = within[1]
			}
			if strings.TrimSpace(part) != "source" {
				all = append(all, strings.TrimSpace(part))
			}
		}
	}
	return all
}
