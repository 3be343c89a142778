package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/dryrun"
	"github.com/posternhq/postern/internal/inert"
)

type testVerb struct {
	output
	Path    string `arg:"" optional:"" help:"The configuration: a directory or a file. Default: as run."`
	Only    string `name:"run" help:"Run only the tests whose names match this regular expression." env:"POSTERN_TEST_RUN" placeholder:"PATTERN"`
	Update  bool   `help:"Write what was got in place of the expected values that differ." env:"POSTERN_TEST_UPDATE"`
	JUnit   string `name:"junit" help:"Write a report for build servers to this file." type:"path" env:"POSTERN_TEST_JUNIT" placeholder:"FILE"`
	Verbose bool   `short:"v" help:"Print a line for each test that passes, too." env:"POSTERN_TEST_VERBOSE"`
	configFlag
}

// maxShown is how many failures of a test are printed for people.
const maxShown = 50

func (v *testVerb) Run(s *session) error {
	if v.Path == "" {
		v.Path = v.path()
	}
	o := dryrun.TestOptions{Version: version()}
	if v.Only != "" {
		pattern, err := regexp.Compile(v.Only)
		if err != nil {
			return usageError{fmt.Sprintf("--run: %v", err)}
		}
		o.Only = pattern
	}
	files, ds := config.Read(s.ctx, v.Path)
	var r *dryrun.Report
	if !ds.HasErrors() {
		r, ds = dryrun.Run(files, o)
	}
	if r == nil {
		return s.refuse(v.output, ds)
	}
	if err := v.someRan(r); err != nil {
		return err
	}
	r, updated, err := v.update(files, r, o)
	if err != nil {
		return err
	}
	if v.JUnit != "" {
		if err := os.WriteFile(v.JUnit, r.JUnit(), 0o644); err != nil {
			return fmt.Errorf("--junit: %w", err)
		}
	}
	err = v.print(s, newTestReport(r, updated), func() { v.show(s, r, updated) })
	if err == nil && r.Failed() > 0 {
		err = errNegative
	}
	return err
}

// someRan fails when no test did: nothing was found to be right.
func (v *testVerb) someRan(r *dryrun.Report) error {
	switch {
	case len(r.Results) > 0:
		return nil
	case r.LeftOut > 0:
		return fmt.Errorf("--run: none of %s has a name that matches %q", count(r.LeftOut, "test"), v.Only)
	}
	beside := ""
	if strings.HasSuffix(v.Path, ".hcl") {
		beside = ", or name its folder if they are in a file beside it: postern test " + shellWord(filepath.Dir(v.Path))
	}
	return fmt.Errorf("there is no test in %s: write test \"what has to be\" { … } into it%s", v.Path, beside)
}

// update writes what may be written, and runs the tests again.
func (v *testVerb) update(files config.Files, r *dryrun.Report, o dryrun.TestOptions) (*dryrun.Report, []dryrun.Failure, error) {
	if !v.Update {
		return r, nil, nil
	}
	changed, mended := r.Update(files)
	if len(mended) == 0 {
		return r, nil, nil
	}
	after, ds := dryrun.Run(changed, o)
	if after == nil {
		return nil, nil, fmt.Errorf("--update: nothing was written, the files would not load any more: %w", ds)
	}
	for i, f := range changed.Files {
		if err := (formatted{f.Name, files.Files[i].Content, f.Content}).write(); err != nil {
			return nil, nil, fmt.Errorf("--update: %s can't be written: %w", f.Name, err)
		}
	}
	return after, mended, nil
}

// refuse shows a configuration that can't be used, as validate does.
func (s *session) refuse(o output, ds config.Diagnostics) error {
	result := validation{FormatVersion: 1, Diagnostics: ds, configurations: 1}
	result.judge(false)
	v := validateVerb{Output: o.Output}
	if err := v.print(s, result); err != nil {
		return err
	}
	return errNegative
}

func (v *testVerb) show(s *session, r *dryrun.Report, updated []dryrun.Failure) {
	line := func(format string, args ...any) { fmt.Fprintln(s.out, inert.Text(fmt.Sprintf(format, args...))) }
	for _, f := range updated {
		line("updated %s: %s", f.Place, f.Line())
	}
	for _, one := range r.Results {
		switch {
		case len(one.Failures) > 0:
			fmt.Fprintln(s.out, s.red("FAIL")+inert.Text(fmt.Sprintf("  %s (%s)", one.Name, one.Place)))
			for _, f := range one.Failures[:min(len(one.Failures), maxShown)] {
				line("  %s: %s", f.Place, f.Line())
				for _, below := range f.Below() {
					line("    %s", below)
				}
			}
			if more := len(one.Failures) - maxShown; more > 0 {
				line("  and %d more", more)
			}
		case v.Verbose:
			line("ok    %s (%s)", one.Name, one.Place)
		}
	}
	if c := r.Coverage; c != nil && !c.Complete() {
		line("not covered:")
		for _, u := range c.Webhooks {
			line("  %s: no test reaches %s", u.Place, u.Webhook)
		}
		for _, u := range c.Filters {
			line("  %s: the filter of %s is %s", u.Place, u.Webhook, u.Name)
		}
		for _, u := range c.Fields {
			line("  %s: no test checks %s of %s", u.Place, u.Name, u.Webhook)
		}
	}
	line("%s", sumUp(r))
}

// sumUp is such as "12 tests: 11 passed, 1 failed".
func sumUp(r *dryrun.Report) string {
	failed := r.Failed()
	text := fmt.Sprintf("%s: %d passed", count(len(r.Results), "test"), len(r.Results)-failed)
	if failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	if r.LeftOut > 0 {
		text += fmt.Sprintf("; --run leaves out %d", r.LeftOut)
	}
	return text
}

func (s *session) red(text string) string {
	if !s.colored(s.out) {
		return text
	}
	return "\x1b[31m" + text + "\x1b[0m"
}
