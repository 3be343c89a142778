package pages

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Reader does what pages say.
type Reader struct {
	Dir      string   // where they begin; must be empty
	Checkout string   // the project's source
	Env      []string // all variables that there are
	Helper   string   // the program that calls Help, by which terminals and networks are made

	// Shared leaves the network as it is. Without it, pages have one of their own,
	// with nothing but loopback.
	Shared bool

	// Screen gets all that a page has typed, and what that printed; nil: nobody does.
	Screen io.Writer

	shell *shell
	stays []*staying
	lies  []error // commands that print something else
}

// Page does what one page says. Its error names the lines that lie: all up to one
// that nobody could go on after.
func (r *Reader) Page(page string) (err error) {
	r.lies, r.stays = nil, nil
	if r.shell, err = r.open(); err != nil {
		return err
	}
	defer func() { r.shell.close() }()
	defer func() {
		for _, s := range r.stays {
			s.kill()
			r.screen("--- %s\n%s", s.typed, s.printed())
		}
	}()
	for _, b := range Blocks(page) {
		if line, err := r.block(b); err != nil {
			return errors.Join(append(r.lies, fmt.Errorf("line %d: %w", line, err))...)
		}
	}
	return errors.Join(r.lies...)
}

func (r *Reader) screen(format string, values ...any) {
	if r.Screen != nil {
		fmt.Fprintf(r.Screen, format, values...)
	}
}

func (r *Reader) block(b Block) (line int, err error) {
	switch name := b.File(); {
	case name != "":
		return b.Line, r.write(name, b.Lines)
	case !b.Commands() || b.Has("by-hand") || b.Has("usage"):
		return 0, nil
	case b.Of() != "":
		return b.Line, r.goesOn(b)
	case len(b.commands()) == 0:
		return b.Line, fmt.Errorf(`a block of commands has no line "$ COMMAND"`)
	}
	all := b.commands()
	for i, c := range all {
		final := i == len(all)-1
		if final && b.Has("stays") {
			err = r.start(b, c)
		} else {
			err = r.run(b, c, final && b.Has("fails"))
		}
		if err != nil {
			return c.line, err
		}
	}
	return 0, nil
}

func (r *Reader) write(name string, lines []string) error {
	dir, _, err := r.shell.run("pwd")
	if err != nil {
		return err
	}
	path := filepath.Join(strings.TrimSpace(dir), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

func (r *Reader) run(b Block, c command, fails bool) error {
	typed := c.typed
	if b.Has("checkout") {
		typed = "pushd " + quoted(r.Checkout) + " >/dev/null\n" + typed + "\nstatus=$?; popd >/dev/null; (exit $status)"
	}
	printed, status, err := r.shell.run(typed)
	r.screen("$ %s\n%s", c.typed, printed)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", c.typed, err)
	case (status != 0) != fails:
		return fmt.Errorf("%s: exit status %d\n%s", c.typed, status, printed)
	case b.Language == "console" && !matches(c.printed, lines(printed)):
		r.lies = append(r.lies, fmt.Errorf("line %d: %s: it printed\n%s\n--- and the page shows\n%s",
			c.line, c.typed, printed, strings.Join(c.printed, "\n")))
	}
	return nil
}

func (r *Reader) start(b Block, c command) error {
	dir := "."
	if b.Has("checkout") {
		dir = r.Checkout
	}
	s, err := r.shell.start(c.typed, dir)
	if err != nil {
		return err
	}
	r.stays = append(r.stays, s)
	if b.Language == "sh" {
		return nil
	}
	return s.shows(c.printed)
}

// goesOn waits for what a program that stays prints next, and for its end where
// the page ends it.
func (r *Reader) goesOn(b Block) error {
	var s *staying
	for _, one := range r.stays {
		if !one.ended && slices.Contains(strings.Fields(one.typed), b.Of()) {
			s = one
		}
	}
	if s == nil {
		return fmt.Errorf("%s does not run", b.Of())
	}
	end := slices.IndexFunc(b.Lines, func(line string) bool { return strings.HasPrefix(line, "^C") || line == "Killed" })
	if end < 0 {
		return s.shows(b.Lines)
	}
	if err := s.shows(b.Lines[:end]); err != nil {
		return err
	}
	if b.Lines[end] == "Killed" {
		return s.ends(b.Lines[end+1:])
	}
	s.interrupt()
	return s.ends(b.Lines[end:])
}

// quoted is text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
