package dryrun

import (
	"github.com/posternhq/postern/config"
)

// A Report is what the tests of a configuration came to.
type Report struct {
	Results  []Result  // in the order of the files
	LeftOut  int       // tests that were not to be run
	Coverage *Coverage // nil: not all tests were run
}

// A Result is one test's.
type Result struct {
	Name     string
	Place    config.Place
	Failures []Failure // none: it passed

	test *config.Test
}

// A Failure is one thing that is not as a test says. No secret is in it: what
// looks like one stands in the test, or stands in for one.
type Failure struct {
	Place   config.Place // of the line in the test; for a configuration that does not load, of what is wrong in it
	Webhook string       // empty: it is about no single one
	What    string       // such as json.email, headers.X-Id, event.data.contact, assert; may be empty
	Text    string       // what is wrong; empty: Wanted and Got say it
	Wanted  string       // as JSON; empty where there is nothing to show
	Got     string       // likewise
	Details []string     // more lines: what a condition saw, what to do

	edit *config.Edit // what makes it as it is; nil: nothing that may be written
}

// Failed is how many tests did not pass.
func (r *Report) Failed() (n int) {
	for _, one := range r.Results {
		if len(one.Failures) > 0 {
			n++
		}
	}
	return n
}

// beside is how many bytes two values have at most that stand on one line.
const beside = 80

// Line is the failure without its place: `crm: json.email: wanted "a", got "b"`.
func (f Failure) Line() string {
	text := f.Text
	switch {
	case text != "":
	case len(f.Wanted)+len(f.Got) > beside:
		text = "differs"
	default:
		text = "wanted " + f.Wanted + ", got " + f.Got
	}
	if f.What != "" {
		text = f.What + ": " + text
	}
	if f.Webhook != "" {
		text = f.Webhook + ": " + text
	}
	return text
}

// Below are the lines that belong under Line: wanted and got below one another,
// where Line does not have them, and the details.
func (f Failure) Below() (lines []string) {
	if f.Text != "" || len(f.Wanted)+len(f.Got) > beside {
		wanted, got := excerpts(f.Wanted, f.Got)
		if wanted != "" {
			lines = append(lines, "wanted "+wanted)
		}
		if got != "" {
			lines = append(lines, "got    "+got)
		}
	}
	return append(lines, f.Details...)
}
