package config

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/apparentlymart/go-textseg/v15/textseg"
)

const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	reset  = "\x1b[0m"
)

// Write prints them for people: place, sentence, snippet, caret, advice.
func (d Diagnostics) Write(w io.Writer, color bool) error {
	var b bytes.Buffer
	for i := range d {
		d[i].print(&b, color)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (d Diagnostic) print(b *bytes.Buffer, color bool) {
	paint := func(code, text string) string {
		if !color {
			return text
		}
		return code + text + reset
	}
	hue := red
	if d.Severity == Warning {
		hue = yellow
	}
	switch {
	case d.File != "" && d.Line > 0:
		b.WriteString(paint(bold, fmt.Sprintf("%s:%d:%d:", d.File, d.Line, d.Column)) + " ")
	case d.File != "":
		b.WriteString(paint(bold, d.File+":") + " ")
	}
	fmt.Fprintf(b, "%s %s\n", paint(hue, d.Severity.String()+":"), d.Summary)
	if d.Snippet != "" {
		number := fmt.Sprint(d.Line)
		fmt.Fprintf(b, "  %s | %s\n", number, d.Snippet)
		indent, width := d.underline()
		fmt.Fprintf(b, "  %s | %s%s\n", strings.Repeat(" ", len(number)), indent, paint(hue, strings.Repeat("^", width)))
	}
	if d.Detail != "" {
		fmt.Fprintf(b, "  %s\n", d.Detail)
	}
}

// underline is the white space before the caret, with the snippet's tabs, and
// the number of characters to mark on the first line.
func (d Diagnostic) underline() (indent string, width int) {
	var before strings.Builder
	column, line := 1, []byte(d.Snippet)
	for len(line) > 0 && column < d.Column {
		n, cluster, _ := textseg.ScanGraphemeClusters(line, true)
		if cluster[0] == '\t' {
			before.WriteByte('\t')
		} else {
			before.WriteByte(' ')
		}
		line, column = line[n:], column+1
	}
	end := d.EndColumn
	if d.EndLine != d.Line {
		rest, _ := textseg.TokenCount(bytes.TrimRight(line, " \t"), textseg.ScanGraphemeClusters)
		end = column + rest
	}
	return before.String(), max(1, end-d.Column)
}
