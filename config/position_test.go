package config

import (
	"strings"
	"testing"
)

// The mark | shows where the mistake is, in what is written between expr( and ).
func TestMistakesInExpressionsAreFoundWhereTheyAreWritten(t *testing.T) {
	tests := map[string]string{
		"plain":           `"a + |)"`,
		"escapes":         `"\"\t\\\\\u00e9\U0001F600\" +\n\t|)"`,
		"dollar":          `"'$${' + '%%{' + |)"`,
		"beyond ASCII":    `"'é 😀' + |)"`,
		"heredoc":         "<<EOT\na +\n  |)\nEOT\n",
		"indented":        "<<-EOT\n      a +\n        |)\n    EOT\n",
		"least indent":    "<<-EOT\n        a +\n      |)\n    EOT\n",
		"tabs":            "<<-EOT\n\t\ta +\n\t\t\t|)\n\tEOT\n",
		"blank lines":     "<<-EOT\n\n      a +\n\n   \n        |)\n    EOT\n",
		"heredoc escapes": "<<-EOT\n      '\\n $${' +\n      |)\n    EOT\n",
		"windows":         "<<-EOT\r\n      a +\r\n        |)\r\n    EOT\r\n",
	}
	for name, written := range tests {
		t.Run(name, func(t *testing.T) {
			marked := withPayload("{\n    k = expr("+written+")\n  }", "")
			before, after, _ := strings.Cut(marked, "|")
			_, ds := load(fileOf(before+after), testInputs())
			if len(ds) != 1 {
				t.Fatalf("got %s", printed(ds))
			}
			want := pointIn("postern.hcl", []byte(before+after), len(before))
			if ds[0].Line != want.Start.Line || ds[0].Column != want.Start.Column {
				t.Errorf("got %d:%d, want %d:%d\n%s", ds[0].Line, ds[0].Column, want.Start.Line, want.Start.Column, printed(ds))
			}
		})
	}
}

func TestCanonicallyEqualTextStillHasAPlace(t *testing.T) {
	// HCL puts texts into Unicode's composed form: the value has one letter
	// where two are written.
	_, ds := load(fileOf(withPayload("{ k = expr(\"'e\u0301' + )\") }", "")), testInputs())
	if len(ds) != 1 || ds[0].Line != 4 {
		t.Errorf("got %s", printed(ds))
	}
}

func FuzzAlign(f *testing.F) {
	f.Add([]byte(`a\n\u00e9$${`), "a\né${", false, 0)
	f.Add([]byte("  a\n  b\n"), "a\nb\n", true, 2)
	f.Fuzz(func(t *testing.T, raw []byte, value string, heredoc bool, column int) {
		starts := written(raw, value, heredoc, max(0, column))
		if starts == nil {
			return
		}
		if len(starts) != len(value)+1 {
			t.Fatalf("%d places for %d bytes", len(starts), len(value))
		}
		for i, at := range starts {
			if at < 0 || at > len(raw) || i > 0 && at < starts[i-1] {
				t.Fatalf("places %v of %d bytes", starts, len(raw))
			}
		}
	})
}
