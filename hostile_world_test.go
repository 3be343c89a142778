package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var testName = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")

// Each row of these pages names tests, and all of them are there.
func TestTheTestsThatPagesNameExist(t *testing.T) {
	for _, page := range []struct {
		path string
		row  *regexp.Regexp
		rows int // at least
	}{
		{"docs/hostile-world.md", regexp.MustCompile(`^\| [A-Z][0-9]{2} \|`), 100},
		{"docs/crashes.md", regexp.MustCompile(`^\| [a-z ]+ \|[^|]+\|[^|]+\| [^t][^|]*\|\n$`), 18},
		{"docs/promises.md", regexp.MustCompile(`^\| [0-9]+ \|`), 24},
	} {
		t.Run(page.path, func(t *testing.T) { checkNamedTests(t, page.path, page.row, page.rows) })
	}
}

func checkNamedTests(t *testing.T, path string, row *regexp.Regexp, least int) {
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	known, rows := map[string]map[string]bool{}, 0
	for line := range strings.Lines(string(page)) {
		if !row.MatchString(line) {
			continue
		}
		rows++
		named := testName.FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("no test: %s", line)
		}
		for _, n := range named {
			if known[n[1]] == nil {
				known[n[1]] = testsIn(t, n[1])
			}
			if !known[n[1]][n[2]] {
				t.Errorf("there is no %s.%s", n[1], n[2])
			}
		}
	}
	if rows < least {
		t.Errorf("%d rows", rows)
	}
}

// points are the moments of a crash that docs/crashes.md has a row for each.
const points = "write sync answer attempt response settle flush retention reload suspension secret"

func TestEachPointOfACrashHasItsRow(t *testing.T) {
	page, err := os.ReadFile("docs/crashes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Fields(points) {
		if !strings.Contains(string(page), "\n| "+p+" | ") {
			t.Errorf("there is no row of %s", p)
		}
	}
}

// banks are the kinds of what can happen, each of which has its rows.
var banks = []string{
	"N01 N02 N04 N05 N06 N07 N08 N09 N10",
	"S01 S02 S03 S05 S06 S07 S08 S09 S10 S11 S12 S13 S14",
	"R01 R03 R04 R06 R07 R08 R09 R11 R12 R14 R16 R17 R18 R19 R20",
	"E01 E02 E03 E05 E06 E09 E10 E11 E13 E15 E16 E17",
	"K01 K03 K04 K05 K06",
	"P02 P03 P04 P06 P07 P08 P11 P14 U06",
}

func TestEachKindIsInTheHostileWorld(t *testing.T) {
	page, err := os.ReadFile("docs/hostile-world.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, bank := range banks {
		for _, id := range strings.Fields(bank) {
			known[id] = true
			if !strings.Contains(string(page), "\n| "+id+" | ") {
				t.Errorf("it has no row %s", id)
			}
		}
	}
	for _, row := range regexp.MustCompile(`(?m)^\| ([A-Z][0-9]{2}) \|`).FindAllStringSubmatch(string(page), -1) {
		if !known[row[1]] {
			t.Errorf("%s is of no bank", row[1])
		}
	}
}

// testsIn lists the tests of a package.
func testsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				all[f.Name.Name] = true
			}
		}
	}
	return all
}
