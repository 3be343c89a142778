package cli

import (
	"net/url"
	"path/filepath"

	"github.com/posternhq/postern/config"
)

// A sarifLog holds problems as SARIF 2.1.0, as far as it is needed for them.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string    `json:"id"`
	ShortDescription sarifText `json:"shortDescription"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	} `json:"physicalLocation"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

// sarifRules: a problem is of the rule of its severity.
var sarifRules = []sarifRule{
	{"configuration-error", sarifText{"What keeps a configuration from being used."}},
	{"configuration-warning", sarifText{"What is likely not meant."}},
}

func sarifOf(ds config.Diagnostics) sarifLog {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{"postern", version(), sarifRules}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	for i := range ds {
		run.Results = append(run.Results, sarifResultOf(&ds[i]))
	}
	return sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

func sarifResultOf(d *config.Diagnostic) sarifResult {
	r := sarifResult{
		RuleID:  sarifRules[d.Severity].ID,
		Level:   d.Severity.String(),
		Message: sarifText{d.Summary + advice(d, " ")},
	}
	if d.File == "" {
		return r
	}
	var at sarifLocation
	at.Physical.Artifact.URI = fileURI(d.File)
	if d.Line > 0 {
		at.Physical.Region = &sarifRegion{StartLine: d.Line, StartColumn: d.Column, EndLine: d.EndLine, EndColumn: d.EndColumn}
	}
	r.Locations = []sarifLocation{at}
	return r
}

func fileURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}
