package dryrun

import (
	"maps"
	"slices"
	"strconv"
)

// A Part of a request that differs: method, url, a header ("header X-Campaign"),
// a value of a JSON body by its path ("body.contact.email"), or body.
type Part struct {
	Name string `json:"name"`
	Was  string `json:"was"` // empty: it was not there
	Is   string `json:"is"`
}

// differences compares two requests of one event.
func differences(was, is *Request) []Part {
	parts := []Part{}
	add := func(name, a, b string) {
		if a != b {
			parts = append(parts, Part{name, a, b})
		}
	}
	add("method", was.Method, is.Method)
	add("url", was.URL, is.URL)
	before, after := headersOf(was), headersOf(is)
	for _, name := range slices.Sorted(maps.Keys(merged(before, after))) {
		add("header "+name, before[name], after[name])
	}
	old, isJSON := leavesOf(was.Body)
	new, stillJSON := leavesOf(is.Body)
	if !isJSON || !stillJSON {
		add("body", was.Body, is.Body)
		return parts
	}
	for _, path := range paths(old, new) {
		add("body"+path, old.values[path], new.values[path])
	}
	if len(parts) == 0 {
		add("body", was.Body, is.Body) // in its order, or how it is written
	}
	return parts
}

// orders compares what an event is in order by. What waits keeps what it was
// accepted with.
func orders(was, is *Field) []Part {
	before, after := orderOf(was), orderOf(is)
	if before == after {
		return nil
	}
	return []Part{{"order_by", before, after}}
}

func orderOf(f *Field) string {
	if f == nil || string(f.Value) == "null" {
		return ""
	}
	return string(f.Value)
}

// headersOf are those that don't differ from attempt to attempt.
func headersOf(r *Request) map[string]string {
	all := map[string]string{}
	for _, h := range r.Headers {
		if h.Name != "Webhook-Timestamp" && !slices.Contains(r.signatures, h.Name) {
			all[h.Name] = h.Value
		}
	}
	return all
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// leaves are the values of a JSON text by their paths, in the order of the text.
type leaves struct {
	order  []string
	values map[string]string
}

// leavesOf is not ok where text is no JSON object or list.
func leavesOf(text string) (l leaves, ok bool) {
	v, err := decode([]byte(text))
	if err != nil || !v.isObject() && !v.isList() {
		return l, false
	}
	l.values = map[string]string{}
	l.gather("", v)
	return l, true
}

// gather takes an empty object or list as a value.
func (l *leaves) gather(path string, v value) {
	for i, item := range v.items {
		l.gather(path+"["+strconv.Itoa(i)+"]", item)
	}
	for _, f := range v.fields {
		l.gather(path+step(f.name), f.value)
	}
	if len(v.items)+len(v.fields) == 0 {
		l.order = append(l.order, path)
		l.values[path] = string(v.raw)
	}
}

// paths are those of either, in the order of the new ones, then of the old.
func paths(old, new leaves) []string {
	all := slices.Clone(new.order)
	for _, path := range old.order {
		if _, stays := new.values[path]; !stays {
			all = append(all, path)
		}
	}
	return all
}
