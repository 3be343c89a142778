package dryrun

import (
	"encoding/xml"
	"strings"
)

// JUnit is the report as build servers read it: a suite for each file, a case for
// each test.
func (r *Report) JUnit() []byte {
	all := junitSuites{Tests: len(r.Results), Failures: r.Failed()}
	for _, result := range r.Results {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != result.Place.File {
			all.Suites = append(all.Suites, junitSuite{Name: result.Place.File})
		}
		s := &all.Suites[len(all.Suites)-1]
		s.Tests++
		one := junitCase{Name: result.Name, Class: result.Place.File, File: result.Place.File, Line: result.Place.Line}
		if len(result.Failures) > 0 {
			s.Failures++
			one.Failure = &junitFailure{Message: result.Failures[0].Line(), Text: result.text()}
		}
		s.Cases = append(s.Cases, one)
	}
	out, err := xml.MarshalIndent(all, "", "  ")
	if err != nil { // texts and numbers can always be written
		panic(err)
	}
	return append([]byte(xml.Header), append(out, '\n')...)
}

// text has each failure with its place.
func (r *Result) text() string {
	var b strings.Builder
	for _, f := range r.Failures {
		b.WriteString(f.Place.String() + ": " + f.Line() + "\n")
		for _, line := range f.Below() {
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)
