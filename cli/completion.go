package cli

import (
	"embed"
	"fmt"
	"io"
)

type completionVerb struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

//go:embed shells
var shells embed.FS

// Run prints what the shell has to read. It asks the program itself for each
// word, by the hidden verb complete.
func (v *completionVerb) Run(s *session) error {
	script, err := shells.ReadFile("shells/" + v.Shell)
	if err != nil {
		return fmt.Errorf("completion: %w", err)
	}
	_, err = s.out.Write(script)
	return err
}

type completeVerb struct {
	Words []string `arg:"" optional:"" help:"Those of the command line behind the program's name, up to the one that is completed."`
}

// Run prints a candidate a line, with what it means behind a tab; :files or
// :dirs asks the shell for names.
func (v *completeVerb) Run(s *session) error {
	parser, err := newParser(io.Discard, io.Discard, func(int) {})
	if err != nil {
		return err
	}
	for _, c := range newCompleter(parser.Model.Node, v.Words).candidates(s.ctx) {
		fmt.Fprintf(s.out, "%s\t%s\n", c.word, c.about)
	}
	return nil
}
