package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type manVerb struct{}

// Run prints the manual page: what help says, of all verbs.
func (v *manVerb) Run(s *session) error {
	parser, err := newParser(io.Discard, io.Discard, func(int) {})
	if err != nil {
		return err
	}
	_, err = s.out.Write(manual(parser.Model))
	return err
}

// A manPage is written in the macros of man(7).
type manPage struct{ bytes.Buffer }

// manual is the page of the program.
func manual(app *kong.Application) []byte {
	p := &manPage{}
	p.line(`.TH POSTERN 1 "%s" "postern %s"`, built(), manText(version()))
	p.line(".SH NAME")
	p.line("postern \\- %s", manText("deliver events to webhooks, none of them lost"))
	p.line(".SH SYNOPSIS")
	p.line(".B postern")
	p.line(".I VERB")
	p.line("[flags]")
	p.line(".SH DESCRIPTION")
	p.text(app.Help)
	p.line(".PP")
	p.text("A flag can be given as the variable that stands behind it; the flag wins.")
	p.line(".SH VERBS")
	for _, verb := range app.Leaves(true) {
		p.verb(verb)
	}
	p.line(".SH EXIT STATUS")
	for _, s := range exitStatuses {
		p.line(".TP")
		p.line(".B %d", s.status)
		p.text(s.meaning)
	}
	p.line(".SH FILES")
	for _, f := range [][2]string{
		{"postern.hcl", "The configuration, if it is in the current directory."},
		{"/etc/postern/*.hcl", "The configuration otherwise."},
		{"/var/lib/postern", "The data directory, unless agent.data_dir names another one."},
	} {
		p.line(".TP")
		p.line(".I %s", manText(f[0]))
		p.text(f[1])
	}
	return p.Bytes()
}

func (p *manPage) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// text is a paragraph that no macro begins.
func (p *manPage) text(text string) {
	text = manText(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	p.line("%s", text)
}

func (p *manPage) verb(n *kong.Node) {
	p.line(`.SS "postern %s"`, manText(n.Summary()))
	p.text(n.Help)
	for _, arg := range n.Positional {
		p.line(".TP")
		p.line(".I %s", manText(arg.Summary()))
		p.text(arg.Help)
	}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			if f.Name != "help" {
				p.flag(f)
			}
		}
	}
	shown := pages[n.Path()]
	p.line(".PP")
	p.line("Examples:")
	p.line(".PP")
	p.line(".nf")
	for _, e := range shown.examples {
		p.text("    " + e[0])
	}
	p.line(".fi")
	p.line(".PP")
	p.text("Exit status: " + shown.exitsOf(n))
}

func (p *manPage) flag(f *kong.Flag) {
	p.line(".TP")
	name := manText("--" + f.Name)
	if f.Short != 0 {
		name = manText("-"+string(f.Short)) + `\fR, \fB` + name
	}
	if f.IsBool() {
		p.line(`\fB%s\fR`, name)
	} else {
		p.line(`\fB%s\fR=\fI%s\fR`, name, manText(f.FormatPlaceHolder()))
	}
	p.text(helpWithVariable(f.Value))
}

// manText escapes what roff would read as more than a text.
func manText(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", `\[u2026]`, "’", "'").Replace(text)
}
