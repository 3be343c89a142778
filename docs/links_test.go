package docs

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/pages"
)

var (
	link    = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]*))?\)`)
	heading = regexp.MustCompile(`^#+ (.+)$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Every link within the project leads somewhere, to the heading that it names.
func TestLinksLeadSomewhere(t *testing.T) {
	links := 0
	for _, page := range all(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			target, anchor := m[1], m[2]
			if strings.Contains(target, "://") {
				continue
			}
			links++
			to := page
			if target != "" {
				to = path.Join(path.Dir(page), target)
			}
			at, err := os.Stat(filepath.Join("..", to))
			if err != nil {
				t.Errorf("%s: %s: there is no %s", page, m[0], to)
				continue
			}
			if at.IsDir() { // shown by its README
				to = path.Join(to, "README.md")
			}
			if anchor != "" && !anchors(read(t, to))[anchor] {
				t.Errorf("%s: %s: %s has no such heading", page, m[0], to)
			}
		}
	}
	if links < 100 {
		t.Errorf("%d links", links)
	}
}

// anchors are the names of a page's headings, as they are made of them.
func anchors(page string) map[string]bool {
	inBlocks := map[int]bool{}
	for _, b := range pages.Blocks(page) {
		for i := range b.Lines {
			inBlocks[b.Line+i] = true
		}
	}
	all := map[string]bool{}
	for i, line := range strings.Split(page, "\n") {
		if m := heading.FindStringSubmatch(line); m != nil && !inBlocks[i+1] {
			all[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
		}
	}
	return all
}

// Every page of this folder is in its index, once.
func TestTheIndexHasEveryPage(t *testing.T) {
	index := read(t, "docs/README.md")
	for _, page := range all(t) {
		dir, name := path.Split(page)
		if dir != "docs/" || name == "README.md" {
			continue
		}
		if n := strings.Count(index, "]("+name+")"); n != 1 {
			t.Errorf("%s is in the index %d times", page, n)
		}
	}
}
