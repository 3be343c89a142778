package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/config"
)

func TestFencesOfAPage(t *testing.T) {
	page := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	tests := []struct {
		name, page string
		want       []fence
	}{
		{"none", page("# Title", "text"), nil},
		{"two, at their lines", page("a", "```hcl", "x = 1", "```", "b", "```hcl", "y = 2", "", "z = 3", "```"), []fence{
			{config.File{Name: "p.md", Content: []byte("\n\nx = 1\n")}, false},
			{config.File{Name: "p.md", Content: []byte("\n\n\n\n\n\ny = 2\n\nz = 3\n")}, false},
		}},
		{"other languages", page("```", "```", "```json", "{}", "```", "```hclx", "```", "``` hcl", "x", "```"), []fence{
			{config.File{Name: "p.md", Content: []byte("\n\n\n\n\n\n\n\nx\n")}, false},
		}},
		{"a fragment", page("```hcl fragment", "timeout = \"1s\"", "```"), []fence{
			{config.File{Name: "p.md", Content: []byte("\ntimeout = \"1s\"\n")}, true},
		}},
		{"a fragment beside other words", page("```hcl title=x", "a", "```"), []fence{
			{config.File{Name: "p.md", Content: []byte("\na\n")}, false},
		}},
		{"in a list, its columns kept", page("- like so:", "", "  ```hcl", "  x = 1", "  ```"), []fence{
			{config.File{Name: "p.md", Content: []byte("\n\n\n  x = 1\n")}, false},
		}},
		{"shown within another", page("````markdown", "```hcl", "x", "```", "````", "~~~~hcl", "~~~", "```", "y", "~~~~~"), []fence{
			{config.File{Name: "p.md", Content: []byte("\n\n\n\n\n\n~~~\n```\ny\n")}, false},
		}},
		{"never closed", page("```hcl", "x"), []fence{
			{config.File{Name: "p.md", Content: []byte("\nx\n")}, false},
		}},
		{"inline code", page("```hcl x```", "y"), nil},
		{"windows", "a\r\n```hcl\r\nx\r\n```\r\n", []fence{
			{config.File{Name: "p.md", Content: []byte("\n\nx\r\n")}, false},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := fencesOf(config.File{Name: "p.md", Content: []byte(tt.page)})
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(fence{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
