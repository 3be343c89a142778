package cli

import (
	"fmt"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/console"
)

type validateVerb struct {
	Output string `help:"How problems are printed: human (default), json, github (workflow commands) or sarif (2.1.0)." enum:"human,json,github,sarif" default:"human" env:"POSTERN_OUTPUT" placeholder:"FORMAT"`
	dataDirFlag
	Paths  []string `arg:"" optional:"" name:"path" help:"Configurations, each a directory or a file, and Markdown pages, whose hcl blocks are one each. Default: as run."`
	NoEnv  bool     `name:"no-env" help:"Check without variables, credentials and secret files at hand: what they hold is unknown." env:"POSTERN_VALIDATE_NO_ENV"`
	Strict bool     `help:"Take warnings for errors." env:"POSTERN_VALIDATE_STRICT"`
	configFlag
}

// validation is the answer of validate as JSON.
type validation struct {
	FormatVersion int                `json:"format_version"`
	Valid         bool               `json:"valid"`
	Errors        int                `json:"errors"`
	Warnings      int                `json:"warnings"`
	Diagnostics   config.Diagnostics `json:"diagnostics"`

	configurations, webhooks, events int
}

func (v *validateVerb) Run(s *session) error {
	paths := v.Paths
	if len(paths) == 0 {
		paths = []string{v.path()}
	}
	result := validation{FormatVersion: 1}
	for _, path := range paths {
		v.check(s, path, &result)
	}
	result.judge(v.Strict)
	if err := v.print(s, result); err != nil {
		return err
	}
	if !result.Valid {
		return errNegative
	}
	return nil
}

// check adds what is to be said about one path.
func (v *validateVerb) check(s *session, path string, result *validation) {
	files, ds := config.Read(s.ctx, path)
	result.Diagnostics = append(result.Diagnostics, ds...)
	switch {
	case ds.HasErrors():
		result.configurations++
	case strings.HasSuffix(path, ".md") && len(files.Files) == 1:
		for _, f := range fencesOf(files.Files[0]) {
			block := config.Files{Dir: files.Dir, Files: []config.File{f.file}}
			if f.fragment {
				result.Diagnostics = append(result.Diagnostics, config.CheckSyntax(block)...)
			} else {
				result.load(block, config.Inputs{NoEnv: true})
			}
		}
	default:
		result.load(files, config.Inputs{NoEnv: v.NoEnv, Stored: v.stored})
	}
}

func (r *validation) load(files config.Files, in config.Inputs) {
	g, ds := config.Load(files, in)
	r.Diagnostics = append(r.Diagnostics, ds...)
	r.configurations++
	if g != nil {
		r.webhooks += len(g.Plan.Webhooks)
		r.events += len(g.Events)
	}
}

// judge counts, once everything is known.
func (r *validation) judge(strict bool) {
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		if strict {
			d.Severity = config.Error
		}
		if d.Severity == config.Error {
			r.Errors++
		} else {
			r.Warnings++
		}
	}
	r.Valid = r.Errors == 0
}

func (v *validateVerb) print(s *session, r validation) error {
	var err error
	switch v.Output {
	case "json":
		return console.Encode(s.out, r)
	case "sarif":
		return console.Encode(s.out, sarifOf(r.Diagnostics))
	case "github":
		err = writeGitHub(s.out, r.Diagnostics)
	default:
		err = r.Diagnostics.Write(s.out, s.colored(s.out))
	}
	if err == nil {
		_, err = fmt.Fprintln(s.out, r.sentence())
	}
	return err
}

// sentence sums it up: "2 webhooks, 1 event: valid".
func (r validation) sentence() string {
	var parts []string
	verdict := "valid"
	if r.configurations != 1 {
		parts = append(parts, count(r.configurations, "configuration"))
	}
	if r.Valid {
		parts = append(parts, count(r.webhooks, "webhook"), count(r.events, "event"))
	} else {
		parts, verdict = append(parts, count(r.Errors, "error")), "not valid"
	}
	if r.Warnings > 0 {
		parts = append(parts, count(r.Warnings, "warning"))
	}
	return strings.Join(parts, ", ") + ": " + verdict
}
