package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/posternhq/postern/config"
)

// writeGitHub prints problems as workflow commands, which GitHub Actions shows
// at their lines.
func writeGitHub(w io.Writer, ds config.Diagnostics) error {
	var b bytes.Buffer
	for i := range ds {
		d := &ds[i]
		fmt.Fprintf(&b, "::%s %stitle=postern validate::%s\n", d.Severity, gitHubPlace(d), commandData.Replace(d.Summary+advice(d, "\n")))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// gitHubPlace names no columns of what spans several lines: the runner drops them.
func gitHubPlace(d *config.Diagnostic) (place string) {
	if d.File == "" {
		return ""
	}
	place = "file=" + commandProperty.Replace(d.File) + ","
	if d.Line > 0 {
		place += fmt.Sprintf("line=%d,endLine=%d,", d.Line, d.EndLine)
	}
	if d.Line > 0 && d.Line == d.EndLine {
		place += fmt.Sprintf("col=%d,endColumn=%d,", d.Column, d.EndColumn)
	}
	return place
}

// How workflow commands write what would end a property, or the command.
var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// advice is what to do, behind a separator; empty if there is none.
func advice(d *config.Diagnostic, separator string) string {
	if d.Detail == "" {
		return ""
	}
	return separator + d.Detail
}
