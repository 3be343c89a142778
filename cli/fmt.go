package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/internal/durable"
	"github.com/posternhq/postern/internal/inert"
)

type fmtVerb struct {
	output
	Path  []string `arg:"" optional:"" help:"Files, and directories for their *.hcl; - is standard input, written to standard output. Default: as run."`
	Check bool     `help:"Change nothing, list what is not formatted, and exit 3 if there is any." env:"POSTERN_FMT_CHECK"`
	Diff  bool     `help:"Change nothing, and show what would change." env:"POSTERN_FMT_DIFF"`
	configFlag
}

const (
	stdinPath = "-"
	stdinName = "stdin" // in what is told about it

	maxSource = 1 << 20 // bytes of a configuration
)

// A formatted is one file, before and after.
type formatted struct {
	name     string
	old, new []byte
}

// formatting is the answer of fmt as JSON.
type formatting struct {
	FormatVersion int                `json:"format_version"`
	Unformatted   []string           `json:"unformatted"`    // files that are, or were before they were written
	Diff          string             `json:"diff,omitempty"` // with --diff
	Text          string             `json:"text,omitempty"` // of standard input, formatted
	Diagnostics   config.Diagnostics `json:"diagnostics"`
}

// Run reads and formats everything before it writes anything: one file that
// can't be formatted, and all stay as they are.
func (v *fmtVerb) Run(s *session) error {
	piped := slices.Contains(v.Path, stdinPath)
	if piped && len(v.Path) > 1 {
		return usageError{"fmt: - is standard input, and stands alone"}
	}
	files, ds := v.read(s)
	all := make([]formatted, 0, len(files))
	for _, f := range files {
		text, problems := config.Format(f)
		ds = append(ds, problems...)
		all = append(all, formatted{f.Name, f.Content, text})
	}
	if ds.HasErrors() {
		return v.refuse(s, ds)
	}
	changed := slices.DeleteFunc(slices.Clone(all), func(f formatted) bool { return bytes.Equal(f.old, f.new) })
	switch {
	case v.Check || v.Diff:
		return v.report(s, changed)
	case piped:
		return v.print(s, answer(changed, func(a *formatting) { a.Text = string(all[0].new) }), func() {
			_, _ = s.out.Write(all[0].new) // where standard output fails, nobody is left to be told
		})
	}
	return v.write(s, changed)
}

// read gathers the files, each once.
func (v *fmtVerb) read(s *session) (files []config.File, ds config.Diagnostics) {
	paths := v.Path
	if len(paths) == 0 {
		paths = []string{v.path()}
	}
	for _, path := range paths {
		found, problems := readSource(s, path)
		ds = append(ds, problems...)
		for _, f := range found {
			if !slices.ContainsFunc(files, func(g config.File) bool { return g.Name == f.Name }) {
				files = append(files, f)
			}
		}
	}
	return files, ds
}

func readSource(s *session, path string) ([]config.File, config.Diagnostics) {
	if path != stdinPath {
		files, ds := config.Read(s.ctx, path)
		return files.Files, ds
	}
	text, err := io.ReadAll(io.LimitReader(s.in, maxSource+1))
	if err != nil {
		return nil, config.Diagnostics{{File: stdinName, Summary: fmt.Sprintf("It can't be read: %v.", err)}}
	}
	return []config.File{{Name: stdinName, Content: text}}, nil
}

func (v *fmtVerb) refuse(s *session, ds config.Diagnostics) error {
	err := v.print(s, answer(nil, func(a *formatting) { a.Diagnostics = ds }), func() {
		_ = ds.Write(s.err, s.colored(s.err)) // nobody is left to be told
		fmt.Fprintln(s.err, "nothing was written")
	})
	if err == nil {
		err = errNegative
	}
	return err
}

// report tells what would change.
func (v *fmtVerb) report(s *session, changed []formatted) error {
	var text string
	if v.Diff {
		for _, f := range changed {
			text += string(diff.Diff(f.name+".orig", f.old, f.name, f.new))
		}
	}
	err := v.print(s, answer(changed, func(a *formatting) { a.Diff = text }), func() {
		if v.Diff {
			s.printDiff(text)
			return
		}
		for _, f := range changed {
			fmt.Fprintln(s.out, inert.Text(f.name))
		}
	})
	if err == nil && v.Check && len(changed) > 0 {
		err = errUnformatted
	}
	return err
}

// write puts the files back, and names each once it is on disk.
func (v *fmtVerb) write(s *session, changed []formatted) error {
	for _, f := range changed {
		if err := f.write(); err != nil {
			return fmt.Errorf("%s can't be written: %w", f.name, err)
		}
		if !v.json() {
			fmt.Fprintln(s.out, inert.Text(f.name))
		}
	}
	return v.print(s, answer(changed, func(*formatting) {}), func() {})
}

// write replaces the file, unless somebody else did since it was read.
func (f formatted) write() error {
	now, err := config.ReadRegular(f.name, maxSource)
	switch {
	case err != nil:
		return err
	case bytes.Equal(now, f.new): // under another name
		return nil
	case !bytes.Equal(now, f.old):
		return errors.New("it was changed meanwhile; try again")
	}
	return durable.Replace(f.name, f.new)
}

// answer is what fmt says as JSON; add puts in what is special about it.
func answer(changed []formatted, add func(*formatting)) formatting {
	a := formatting{FormatVersion: 1, Unformatted: []string{}}
	for _, f := range changed {
		a.Unformatted = append(a.Unformatted, f.name)
	}
	add(&a)
	return a
}

// printDiff writes a diff as patch reads it; on a terminal inert, and in
// colours if it wants them.
func (s *session) printDiff(text string) {
	if isTerminal(s.out) {
		text = inert.Lines(text)
	}
	if s.colored(s.out) {
		text = painted(text)
	}
	_, _ = io.WriteString(s.out, text) // where it fails, nobody is left to be told
}

// painted colours the lines of a diff.
func painted(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		color := ""
		switch {
		case strings.HasPrefix(line, "+++ "), strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "diff "):
			color = "\x1b[1m"
		case strings.HasPrefix(line, "@@"):
			color = "\x1b[36m"
		case strings.HasPrefix(line, "+"):
			color = "\x1b[32m"
		case strings.HasPrefix(line, "-"):
			color = "\x1b[31m"
		}
		if color == "" {
			b.WriteString(line)
			continue
		}
		b.WriteString(color + strings.TrimSuffix(line, "\n") + "\x1b[0m\n")
	}
	return b.String()
}
