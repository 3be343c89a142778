package console

import (
	"encoding/json"
	"fmt"
)

// A Refused is the first error of a configuration that is not in force.
type Refused struct {
	Place   string // file:line, a file as a whole, or empty
	Summary string
	More    int // errors beside it
}

func (r Refused) String() string {
	text := r.Summary
	if r.Place != "" {
		text = r.Place + ": " + text
	}
	if r.More > 0 {
		text += fmt.Sprintf(" (and %d more)", r.More)
	}
	return text
}

// Refused is why what is on disk is not in force; nil when it is.
func (c ConfigStatus) Refused() *Refused {
	if c.LastReload != "rejected" {
		return nil
	}
	var all []struct {
		Severity, Summary, File string
		Line                    int
	}
	first := Refused{Summary: "the configuration on disk is not in force"}
	if json.Unmarshal(c.Rejected, &all) != nil {
		return &first
	}
	errors := 0
	for _, d := range all {
		if d.Severity == "warning" {
			continue
		}
		if errors++; errors > 1 {
			continue
		}
		first.Summary, first.Place = d.Summary, d.File
		if d.Line > 0 {
			first.Place += fmt.Sprint(":", d.Line)
		}
	}
	first.More = max(errors-1, 0)
	return &first
}
