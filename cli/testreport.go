package cli

import (
	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/dryrun"
)

// testReport is the answer of test as JSON.
type testReport struct {
	FormatVersion int            `json:"format_version"`
	Passed        int            `json:"passed"`
	Failed        int            `json:"failed"`
	LeftOut       int            `json:"left_out"`
	Tests         []testResult   `json:"tests"`
	Updated       []testFailure  `json:"updated"`
	Coverage      *testUncovered `json:"coverage"` // null with --run
}

type testPlace struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type testResult struct {
	Name string `json:"name"`
	testPlace
	Passed   bool          `json:"passed"`
	Failures []testFailure `json:"failures"`
}

type testFailure struct {
	testPlace
	Webhook string   `json:"webhook"`
	What    string   `json:"what"`
	Message string   `json:"message"` // as it is printed
	Wanted  string   `json:"wanted"`  // JSON; may be empty
	Got     string   `json:"got"`     // likewise
	Details []string `json:"details"`
}

type testUncovered struct {
	Webhooks []testGap `json:"webhooks"`
	Filters  []testGap `json:"filters"`
	Fields   []testGap `json:"fields"`
}

type testGap struct {
	testPlace
	Webhook string `json:"webhook"`
	Name    string `json:"name"`
}

func newTestReport(r *dryrun.Report, updated []dryrun.Failure) testReport {
	out := testReport{FormatVersion: 1, Failed: r.Failed(), LeftOut: r.LeftOut, Tests: []testResult{}, Updated: failuresOf(updated)}
	out.Passed = len(r.Results) - out.Failed
	for _, one := range r.Results {
		out.Tests = append(out.Tests, testResult{one.Name, testPlaceOf(one.Place), len(one.Failures) == 0, failuresOf(one.Failures)})
	}
	if c := r.Coverage; c != nil {
		out.Coverage = &testUncovered{gapsOf(c.Webhooks), gapsOf(c.Filters), gapsOf(c.Fields)}
	}
	return out
}

func testPlaceOf(p config.Place) testPlace { return testPlace{p.File, p.Line, p.Column} }

func failuresOf(all []dryrun.Failure) []testFailure {
	out := make([]testFailure, 0, len(all))
	for _, f := range all {
		out = append(out, testFailure{testPlaceOf(f.Place), f.Webhook, f.What, f.Line(), f.Wanted, f.Got, append([]string{}, f.Details...)})
	}
	return out
}

func gapsOf(all []dryrun.Uncovered) []testGap {
	out := make([]testGap, 0, len(all))
	for _, u := range all {
		out = append(out, testGap{testPlaceOf(u.Place), u.Webhook, u.Name})
	}
	return out
}
