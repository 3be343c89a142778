package dryrun

import (
	"slices"

	"github.com/posternhq/postern/config"
)

// Update writes what tests got in place of what they wanted, in copies of the
// files that the report was made from, and tells which failures it saw to. What
// is not written out in a test stays as it is: what comes from a local, a file or
// a function, an expectation that nothing matches, a condition.
func (r *Report) Update(files config.Files) (config.Files, []Failure) {
	var edits []config.Edit
	var mended []Failure
	for _, result := range r.Results {
		for _, f := range result.Failures {
			if f.edit == nil {
				continue
			}
			mended = append(mended, f)
			edits = joined(edits, *f.edit)
		}
	}
	return config.Rewrite(files, edits), mended
}

// joined adds an edit, or joins it with one of the same object or test.
func joined(edits []config.Edit, e config.Edit) []config.Edit {
	i := slices.IndexFunc(edits, func(other config.Edit) bool { return other.Of == e.Of && other.In == e.In })
	if i < 0 {
		return append(edits, e)
	}
	edits[i].Add = append(edits[i].Add, e.Add...)
	edits[i].Drop = append(edits[i].Drop, e.Drop...)
	edits[i].Expect = append(edits[i].Expect, e.Expect...)
	return edits
}
