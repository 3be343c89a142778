package dryrun

import (
	"fmt"
	"slices"

	"github.com/posternhq/postern/config"
)

// fit fails a test whose event the declared sample of its type no longer knows:
// it has a member that the sample lacks, or one of another kind. What the event
// lacks, or has as null, is missing, and may be.
func (t *trial) fit() {
	i := slices.IndexFunc(t.base.Events, func(e config.EventType) bool { return e.Name == t.test.Event.Type })
	if i < 0 || t.base.Events[i].Sample == nil {
		return
	}
	sample, err := decode(t.base.Events[i].Sample)
	if err != nil {
		return // it was read as JSON before
	}
	t.fits(t.test.Data, []value{sample}, "event.data")
}

// fits compares a part of the event with all that the sample has there: of
// several items of a list, each may have it.
func (t *trial) fits(w *config.Wanted, samples []value, path string) {
	samples = slices.DeleteFunc(slices.Clone(samples), value.isNull)
	if w.Text == "null" && kind(w.JSON) == "null" || len(samples) == 0 { // a null of the sample says nothing
		return
	}
	same := slices.DeleteFunc(slices.Clone(samples), func(v value) bool { return kind(v.raw) != kind(w.JSON) })
	if len(same) == 0 {
		t.fail(Failure{Place: w.Place, What: path, Text: fmt.Sprintf("is %s, and %s in the sample of %s", kind(w.JSON), kind(samples[0].raw), t.test.Event.Type)})
		return
	}
	for i, item := range w.Items {
		t.fits(item, itemsOf(same), fmt.Sprintf("%s[%d]", path, i))
	}
	for _, f := range w.Fields {
		members, names := membersOf(same, f.Name)
		if members == nil {
			t.fail(Failure{Place: f.Value.Place, What: path + step(f.Name), Text: "is not in the sample of " + t.test.Event.Type + meant(f.Name, names)})
			continue
		}
		t.fits(f.Value, members, path+step(f.Name))
	}
}

func itemsOf(lists []value) (items []value) {
	for _, l := range lists {
		items = append(items, l.items...)
	}
	return items
}

// membersOf are the members of that name, and all names that there are.
func membersOf(objects []value, name string) (members []value, names []string) {
	for _, o := range objects {
		if m := o.member(name); m != nil {
			members = append(members, *m)
		}
		for _, f := range o.fields {
			names = append(names, f.name)
		}
	}
	return members, names
}
