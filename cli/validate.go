package cli

import (
	"fmt"

	"github.com/posternhq/postern/config"
)

type validateVerb struct {
	output
	dataDirFlag
	Path  string `arg:"" optional:"" help:"The configuration: a directory or a file. Default: as run."`
	NoEnv bool   `name:"no-env" help:"Check without variables, credentials and secret files at hand: what they hold is unknown." env:"POSTERN_VALIDATE_NO_ENV"`
	configFlag
}

// validation is the answer of validate as JSON.
type validation struct {
	FormatVersion int                `json:"format_version"`
	Valid         bool               `json:"valid"`
	Errors        int                `json:"errors"`
	Warnings      int                `json:"warnings"`
	Diagnostics   config.Diagnostics `json:"diagnostics"`
}

func (v *validateVerb) Run(s *session) error {
	if v.Path == "" {
		v.Path = v.path()
	}
	var g *config.Generation
	files, ds := config.Read(s.ctx, v.Path)
	if !ds.HasErrors() {
		g, ds = config.Load(files, config.Inputs{NoEnv: v.NoEnv, Stored: v.stored})
	}
	result := newValidation(ds)
	err := v.print(s, result, func() {
		_ = ds.Write(s.out, s.colored(s.out)) // nobody is left to be told
		fmt.Fprintln(s.out, result.sentence(g))
	})
	if err == nil && !result.Valid {
		err = errNegative
	}
	return err
}

func newValidation(ds config.Diagnostics) validation {
	result := validation{FormatVersion: 1, Valid: !ds.HasErrors(), Diagnostics: ds}
	for _, d := range ds {
		if d.Severity == config.Error {
			result.Errors++
		} else {
			result.Warnings++
		}
	}
	return result
}

// sentence sums it up: "2 webhooks, 1 event: valid".
func (r validation) sentence(g *config.Generation) string {
	if !r.Valid {
		return count(r.Errors, "error") + r.warned() + ": not valid"
	}
	return fmt.Sprintf("%s, %s%s: valid", count(len(g.Plan.Webhooks), "webhook"), count(len(g.Events), "event"), r.warned())
}

func (r validation) warned() string {
	if r.Warnings == 0 {
		return ""
	}
	return ", " + count(r.Warnings, "warning")
}
