package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
)

// output is how a verb prints its data.
type output struct {
	Output string `help:"How data is printed: human (default) or json." enum:"human,json" default:"human" env:"POSTERN_OUTPUT" placeholder:"FORMAT"`
}

func (o output) json() bool { return o.Output == "json" }

// print writes v as the API's JSON, or lets human write it for people.
func (o output) print(s *session, v any, human func()) error {
	if o.json() {
		return console.Encode(s.out, v)
	}
	human()
	return nil
}

// writeLine writes v as the API's JSON on one line.
func writeLine(w io.Writer, v any) error {
	var wide, line bytes.Buffer
	if err := console.Encode(&wide, v); err != nil {
		return err
	}
	if err := json.Compact(&line, wide.Bytes()); err != nil {
		return err
	}
	line.WriteByte('\n')
	_, err := w.Write(line.Bytes())
	return err
}

// colored tells whether w is a terminal that wants colours.
func (s *session) colored(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// A table aligns its columns. Cells are made inert.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer, head ...string) *table {
	t := &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	if len(head) > 0 {
		t.row(head...)
	}
	return t
}

func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = inert.Text(c)
	}
	fmt.Fprintln(t.w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}

func (t *table) flush() { _ = t.w.Flush() } // where standard output fails, nobody is left to be told

const widestCell = 60 // characters of a cell that would push others out of sight

func clipped(text string) string {
	if utf8.RuneCountInString(text) <= widestCell {
		return text
	}
	return string([]rune(text)[:widestCell-1]) + "…"
}

// ago tells how long before now t was, in its largest unit; "-" of no time.
func ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return "-"
	case d < 0:
		return "in " + short(-d)
	default:
		return short(d) + " ago"
	}
}

func agoOf(t *time.Time, now time.Time) string {
	if t == nil {
		return "-"
	}
	return ago(*t, now)
}

func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours())/24)
	}
}

// count says how many of something there are.
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// orDash is text, or a dash where there is none.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
