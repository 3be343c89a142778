package pages

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const page = "# A page\n" +
	"\n" +
	"```sh\n" +
	"one\n" +
	"```\n" +
	"\n" +
	"    two\n" +
	"\n" +
	"- a list\n" +
	"    goes on\n" +
	"\n" +
	"<!-- console stays\n" +
	"$ three\n" +
	"-->\n" +
	"````hcl a/b.hcl\n" +
	"```\n" +
	"    x = 1\n" +
	"````\n"

func TestBlocks(t *testing.T) {
	want := []Block{
		{Line: 4, Language: "sh", Lines: []string{"one"}},
		{Line: 7, Language: "indented", Lines: []string{"two"}},
		{Line: 13, Language: "console", Words: []string{"stays"}, Lines: []string{"$ three"}},
		{Line: 16, Language: "hcl", Words: []string{"a/b.hcl"}, Lines: []string{"```", "    x = 1"}},
	}
	got := Blocks(page)
	for i := range got {
		if len(got[i].Words) == 0 {
			got[i].Words = nil
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got[3].File() != "a/b.hcl" || got[0].File() != "" {
		t.Errorf("files %q and %q", got[3].File(), got[0].File())
	}
	if of := (Block{Language: "console", Words: []string{"of", "run"}}); of.Of() != "run" || got[2].Of() != "" {
		t.Error("whose output a block is")
	}
}

func TestCommandsOfABlock(t *testing.T) {
	b := Block{Line: 10, Language: "console", Lines: []string{
		"$ one \\", "  more", "said", "", "$ two '", "  quoted'", "$ three",
	}}
	want := []command{
		{10, "one \\\n  more", []string{"said", ""}},
		{14, "two '\n  quoted'", nil},
		{16, "three", nil},
	}
	if d := cmp.Diff(want, b.commands(), cmp.AllowUnexported(command{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if all := (Block{Language: "console", Lines: []string{"no prompt"}}).commands(); len(all) != 0 {
		t.Errorf("%v", all)
	}
}
