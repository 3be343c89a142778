package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// explain reports what the parser found: what was meant, where the text around
// it shows that, and otherwise what the parser expected.
func (l *loader) explain(text []byte, diags hcl.Diagnostics) {
	diags = causes(text, diags)
	if len(diags) == 0 {
		return
	}
	tokens, _ := hclsyntax.LexConfig(text, diags[0].Subject.Filename, hcl.InitialPos)
	for _, d := range diags {
		slip, ok := around(text, tokens, d).slip()
		if !ok {
			l.addHCL(hcl.Diagnostics{d})
			continue
		}
		if l.fail(slip.at, slip.detail, "%s", slip.summary); slip.whole {
			return
		}
	}
}

// causes leaves out what only follows from another mistake: behind a text that
// is not closed on its line, text and HCL have changed places; and a character
// that is not valid is told once a line, and alone.
func causes(text []byte, diags hcl.Diagnostics) (out hcl.Diagnostics) {
	unclosed, invalid := len(text)+1, map[int]*hcl.Diagnostic{} // by line
	for _, d := range diags {
		switch line := d.Subject.Start.Line; {
		case d.Summary == "Invalid multi-line string":
			unclosed = min(unclosed, d.Subject.Start.Byte)
		case noCharacter(d) && invalid[line] == nil:
			invalid[line] = d
		}
	}
	for _, d := range diags {
		at, stands := d.Subject.Start.Byte, false
		switch first := invalid[d.Subject.Start.Line]; {
		case d.Summary == "Invalid multi-line string":
			stands = at == unclosed
		case first != nil:
			stands = at < unclosed && d == first
		default:
			stands = at < unclosed
		}
		if stands {
			out = append(out, shownAt(text, d))
		}
	}
	return out
}

func noCharacter(d *hcl.Diagnostic) bool {
	return d.Summary == "Invalid character" || d.Summary == "Unsupported operator"
}

// shownAt moves what is missing behind the last line to its end.
func shownAt(text []byte, d *hcl.Diagnostic) *hcl.Diagnostic {
	last := len(bytes.TrimRight(text, "\r\n"))
	if at := d.Subject.Start.Byte; at == len(text) && last < at {
		end := pointIn(d.Subject.Filename, text, last)
		d.Subject = &end
	}
	return d
}
