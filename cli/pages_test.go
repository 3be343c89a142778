package cli

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// shownVerbs are those that help shows.
func shownVerbs(t *testing.T) []*kong.Node {
	t.Helper()
	parser, err := newParser(io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model.Leaves(true)
}

func TestEveryVerbHasAnExampleAndItsExitStatuses(t *testing.T) {
	known := map[string]bool{}
	for _, n := range shownVerbs(t) {
		words := n.Path()
		known[words] = true
		got := invoke(t, "", append(strings.Fields(words), "--help")...)
		for _, want := range []string{"\nExamples:\n\n    ", "\nExit status: 0 "} {
			if !strings.Contains(got.out, want) {
				t.Errorf("%s: no %q in\n%s", words, want, got.out)
			}
		}
		if !strings.Contains(pages[words].text(n), "postern "+strings.TrimSuffix(strings.TrimSuffix(words, " ls"), " config")) {
			t.Errorf("no example of %s shows it", words)
		}
	}
	for words := range pages {
		if !known[words] {
			t.Errorf("there is a page of %s, and no such verb", words)
		}
	}
	if got := invoke(t, "", "--help"); !strings.Contains(got.out, "Exit statuses:\n\n     0  well\n") {
		t.Errorf("%s", got.out)
	}
}

var exampleLine = regexp.MustCompile(`postern ([^|<>)]*)`)

// An example names no flag that there isn't.
func TestExamplesAreCommandLines(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("crm.secret", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for words, p := range pages {
		for _, e := range p.examples {
			found := exampleLine.FindStringSubmatch(e[0])
			if found == nil {
				continue // of another program
			}
			if _, _, err := parse(strings.Fields(found[1]), io.Discard, io.Discard); err != nil {
				t.Errorf("%s: %s: %v", words, e[0], err)
			}
		}
	}
}

// Every verb and every flag is in the manual.
func TestTheManualHasWhatHelpHas(t *testing.T) {
	page := invoke(t, "", "man")
	if page.status != 0 || page.err != "" {
		t.Fatalf("%+v", page)
	}
	for _, n := range shownVerbs(t) {
		if !strings.Contains(page.out, `.SS "postern `+manText(n.Path())) {
			t.Errorf("no %s", n.Path())
		}
		for _, f := range n.Flags {
			if f.Name != "help" && !strings.Contains(page.out, `\fB`+manText("--"+f.Name)+`\fR`) && !strings.Contains(page.out, `, \fB`+manText("--"+f.Name)) {
				t.Errorf("%s: no --%s", n.Path(), f.Name)
			}
		}
	}
	for i, line := range bytes.Split([]byte(page.out), []byte("\n")) {
		for _, r := range string(line) {
			if r > 126 {
				t.Errorf("line %d: %q is not ASCII: %s", i+1, r, line)
			}
		}
	}
}
