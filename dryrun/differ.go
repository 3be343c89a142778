package dryrun

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/posternhq/postern/config"
)

// A differ compares what a test wants with what it got, part by part.
type differ struct {
	part  bool // objects may have more members than are wanted; an empty one is empty
	texts bool // what is wanted is compared as text: 1 is "1"
	found []Failure
}

// compare notes each difference at the place of the innermost part that differs.
func (d *differ) compare(w *config.Wanted, got value, path string) {
	switch {
	case w.Object && got.isObject():
		d.object(w, got, path)
	case w.List && got.isList():
		d.list(w, got, path)
	case !d.same(w, got):
		d.differs(w, got, path, "")
	}
}

func (d *differ) differs(w *config.Wanted, got value, path, text string) {
	d.found = append(d.found, Failure{Place: w.Place, What: path, Text: text, Wanted: string(w.JSON), Got: string(got.raw),
		edit: &config.Edit{Of: w, JSON: got.raw}})
}

// same compares single values.
func (d *differ) same(w *config.Wanted, got value) bool {
	switch {
	case w.Object || w.List || got.isObject() || got.isList():
		return false
	case d.texts && got.isText():
		return w.Text == got.text()
	case numeric(w.JSON) && got.isNumber():
		return sameNumber(string(w.JSON), string(got.raw))
	}
	return kind(w.JSON) == kind(got.raw) && w.Text == got.text()
}

func (d *differ) object(w *config.Wanted, got value, path string) {
	part := d.part && len(w.Fields) > 0
	for _, f := range w.Fields {
		if inner := got.member(f.Name); inner != nil {
			d.compare(f.Value, *inner, path+step(f.Name))
			continue
		}
		d.found = append(d.found, Failure{Place: f.Value.Place, What: path + step(f.Name), Wanted: string(f.Value.JSON),
			Text: "is missing" + meant(f.Name, unwanted(got, w)), edit: without(w, f.Name, got, part)})
	}
	if part {
		return
	}
	for _, f := range got.fields {
		if wants(w, f.name) {
			continue
		}
		d.found = append(d.found, Failure{Place: w.Place, What: path + step(f.name), Got: string(f.value.raw), Text: "is not wanted",
			edit: &config.Edit{Of: w, JSON: got.raw, Add: []config.Addition{{Name: f.name, JSON: f.value.raw}}}})
	}
}

// without takes a member out of what is wanted. Where no part would be left, the
// whole takes its place: an empty object says something else.
func without(w *config.Wanted, name string, got value, part bool) *config.Edit {
	switch {
	case !part:
		return &config.Edit{Of: w, JSON: got.raw, Drop: []string{name}}
	case len(unwanted(got, w)) == len(got.fields):
		return &config.Edit{Of: w, JSON: got.raw}
	}
	return &config.Edit{Of: w, JSON: restricted(got, w), Drop: []string{name}}
}

// list compares whole lists: item by item where there are as many.
func (d *differ) list(w *config.Wanted, got value, path string) {
	if len(w.Items) != len(got.items) {
		d.differs(w, got, path, fmt.Sprintf("wanted %s, got %d", counted(len(w.Items), "item"), len(got.items)))
		return
	}
	exact := differ{texts: d.texts}
	for i, item := range w.Items {
		exact.compare(item, got.items[i], path+"["+strconv.Itoa(i)+"]")
	}
	d.found = append(d.found, exact.found...)
}

func wants(w *config.Wanted, name string) bool {
	return slices.ContainsFunc(w.Fields, func(f config.WantedField) bool { return f.Name == name })
}

// unwanted are the names of the members that nobody asks for.
func unwanted(got value, w *config.Wanted) (names []string) {
	for _, f := range got.fields {
		if !wants(w, f.name) {
			names = append(names, f.name)
		}
	}
	return names
}

// restricted is an object with the wanted members only, in the wanted order; the
// whole if it has none of them.
func restricted(got value, w *config.Wanted) []byte {
	out := []byte("{")
	for _, f := range w.Fields {
		inner := got.member(f.Name)
		if inner == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		raw := inner.raw
		if f.Value.Object && inner.isObject() && len(f.Value.Fields) > 0 {
			raw = restricted(*inner, f.Value)
		}
		out = append(append(append(out, quoted(f.Name)...), ':'), raw...)
	}
	if len(out) == 1 {
		return got.raw
	}
	return append(out, '}')
}
