package config

import (
	"encoding/json"
	"fmt"
)

// A Severity is Error or Warning.
type Severity int

const (
	Error Severity = iota
	Warning
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// MarshalText writes "error" or "warning".
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "error":
		*s = Error
	case "warning":
		*s = Warning
	default:
		return fmt.Errorf("no severity is %q", text)
	}
	return nil
}

// A Diagnostic is one problem in a configuration. No secret is in it, and no
// control character but the tabs of its snippet.
type Diagnostic struct {
	Severity  Severity `json:"severity"`
	Summary   string   `json:"summary"` // what is wrong, one sentence in the user's words
	Detail    string   `json:"detail"`  // what to do; may be empty
	File      string   `json:"file"`    // empty: the configuration as a whole
	Line      int      `json:"line"`    // from 1; 0: the file as a whole
	Column    int      `json:"column"`  // from 1, in characters
	EndLine   int      `json:"end_line"`
	EndColumn int      `json:"end_column"` // the character after the last
	Snippet   string   `json:"snippet"`    // the line, tabs kept, literal secrets masked; empty when it is too long to show
}

// String is the diagnostic on one line, without snippet and advice.
func (d Diagnostic) String() string {
	text := d.Severity.String() + ": " + d.Summary
	switch {
	case d.File == "":
		return text
	case d.Line == 0:
		return d.File + ": " + text
	}
	return fmt.Sprintf("%s:%d:%d: %s", d.File, d.Line, d.Column, text)
}

// Diagnostics are sorted by place and free of repeats.
type Diagnostics []Diagnostic

// HasErrors tells whether one of them is an error.
func (d Diagnostics) HasErrors() bool {
	for i := range d {
		if d[i].Severity == Error {
			return true
		}
	}
	return false
}

// Error is the first error on one line, with how many more there are.
func (d Diagnostics) Error() string {
	first, count := "", 0
	for i := range d {
		if d[i].Severity != Error {
			continue
		}
		if count++; count == 1 {
			first = d[i].String()
		}
	}
	switch count {
	case 0:
		return "no errors"
	case 1:
		return first
	}
	return fmt.Sprintf("%s (and %d more)", first, count-1)
}

// MarshalJSON writes an array, empty rather than null, of
// {severity, summary, detail, file, line, column, end_line, end_column, snippet}.
func (d Diagnostics) MarshalJSON() ([]byte, error) {
	if len(d) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal([]Diagnostic(d))
}
