package cli

import (
	"fmt"
	"io"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
)

type reloadVerb struct {
	output
	consoleFlags
}

func (v *reloadVerb) Run(s *session) error {
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	r, err := a.Reload(s.ctx)
	if err != nil {
		return a.explain(err)
	}
	err = v.print(s, r, func() { s.printReload(r) })
	if err == nil && !r.OK {
		err = errNegative
	}
	return err
}

func (s *session) printReload(r console.Reload) {
	if r.Text != "" {
		_, _ = io.WriteString(s.err, inert.Lines(r.Text)) // nobody is left to be told
	}
	switch {
	case !r.OK:
		fmt.Fprintf(s.err, "refused; generation %d stays in force\n", r.Generation)
	case !r.Changed:
		fmt.Fprintf(s.out, "nothing changed; generation %d is in force\n", r.Generation)
	default:
		fmt.Fprintf(s.out, "generation %d is in force\n", r.Generation)
		for _, l := range []struct {
			sign  string
			names []string
		}{{"+", r.Added}, {"~", r.Updated}, {"-", r.Removed}} {
			for _, name := range l.names {
				fmt.Fprintf(s.out, "  %s %s\n", l.sign, inert.Text(name))
			}
		}
	}
}
