package inbound

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ndjson = "application/x-ndjson"

func postLines(t *testing.T, url, body string) answered {
	t.Helper()
	return post(t, url+"/v1/events", []byte(body), "Content-Type", ndjson)
}

func TestLines(t *testing.T) {
	m := new(memory)
	url := doorAt(t, Options{Accepter: m})
	a := postLines(t, url, "\n{\"type\":\"a\",\"id\":\"1\",\"data\":{\"n\": 1.0}}\r\n  \t\n {\"type\":\"b\",\"id\":\"2\",\"data\":{}} ")
	if a.status != 202 || string(a.body) != `[{"id":"1","deliveries":2},{"id":"2","deliveries":2}]`+"\n" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if items := m.taken(); items[0].Event.Type != "a" || string(items[0].Event.Data) != `{"n": 1.0}` || items[1].Event.Type != "b" {
		t.Errorf("%+v", items)
	}
	if a := postLines(t, url, `{"type":"a","id":"3","data":{}}`); a.status != 202 || string(a.body) != `[{"id":"3","deliveries":2}]`+"\n" {
		t.Errorf("one line: %d %s", a.status, a.body)
	}
}

func TestBadLines(t *testing.T) {
	good := `{"type":"a","data":{}}` + "\n"
	many := strings.Repeat(good, 1000)
	for name, tt := range map[string]struct {
		body   string
		status int
		reason string
		detail string
		line   int
	}{
		"no JSON":             {good + "\n" + `{"type":"a","data":{]}`, 400, reasonJSON, `line 3, column 21: expected a member name in double quotes, found ']'`, 3},
		"an event over lines": {good + "{\"type\":\"a\",\n\"data\":{}}", 400, reasonJSON, "line 2, column 13: expected a member name in double quotes, found the end of the line", 2},
		"two on a line":       {good + `{"type":"a","data":{}} {"type":"b","data":{}}`, 400, reasonJSON, "line 2, column 24: the line holds more than one JSON text: found '{' after its end", 2},
		"commas":              {`{"type":"a","data":{}},` + "\n" + good, 400, reasonJSON, "line 1, column 23: the line holds more than one JSON text: found ',' after its end", 1},
		"a byte order mark":   {"\ufeff" + good, 400, reasonJSON, "line 1, column 1: expected a value, found a byte order mark", 1},
		"a wrong member":      {good + good + `{"typ":"a","data":{}}`, 422, reasonMember, `line 3: "/typ": unknown member "typ"; did you mean "type"? (and 1 more)`, 3},
		"no event":            {good + "[]", 422, reasonEvent, `line 2: an event is an object {"type", "data"}, not an array`, 2},
		"no lines":            {" \n\n", 422, reasonBatch, "an empty batch: send at least one event", 0},
		"too many":            {many + good, 422, reasonBatch, "more than 1000 events in one batch: send several", 0},
		"too large an event":  {good + ofSize(maxEventBytes+1), 413, reasonTooLarge, "line 2: an event may be at most 1 MiB", 2},
		"too deep":            {good + withData(nested(65)), 422, reasonDepth, fmt.Sprintf("line 2, column %d: nested more than 64 deep", len(`{"type":"a","data":`)+64*len(`{"a":`)+1), 2},
	} {
		t.Run(name, func(t *testing.T) {
			m := new(memory)
			a := postLines(t, doorAt(t, Options{Accepter: m}), tt.body)
			p := a.problem(t)
			if a.status != tt.status || p.Type != "urn:postern:problem:"+tt.reason || p.Detail != tt.detail || p.Errors[0].Line != tt.line {
				t.Errorf("%d %s", a.status, a.body)
			}
			if len(m.taken()) > 0 {
				t.Error("something was taken")
			}
		})
	}
	if a := postLines(t, doorAt(t, Options{Accepter: new(memory)}), "\n"+strings.ReplaceAll(many, "\n", "\n\n")); a.status != 202 {
		t.Errorf("1,000 lines with blank ones between: %d %s", a.status, a.body)
	}
	a := postLines(t, doorAt(t, Options{Accepter: &memory{err: &ConflictError{Index: 1, ID: "x"}}}), good+"\n\n"+good)
	if p := a.problem(t); a.status != 409 || p.Errors[0].Line != 4 || !strings.HasPrefix(p.Detail, `line 4: "x" was accepted`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := post(t, doorAt(t, Options{Accepter: new(memory)})+"/v1/events/a", []byte("{}"), "Content-Type", ndjson); a.status != 415 {
		t.Errorf("with a type in the path: %d %s", a.status, a.body)
	}
}

// FuzzLinesAgreeWithAnArray: lines are taken if and only if an array of them is,
// and mean the same.
func FuzzLinesAgreeWithAnArray(f *testing.F) {
	f.Add(`{"type":"a","data":{}}`, ` {"type":"b","id":"x","data":{"n":1.50}}`)
	f.Add(`{"type":"a","data":{}}`, `{"type":"b","data":[]}`)
	f.Add("", `{"type":"b",`)
	f.Fuzz(func(t *testing.T, first, second string) {
		if strings.ContainsAny(first+second, "\n") || strings.TrimLeft(first, " \t\r") == "" || strings.TrimLeft(second, " \t\r") == "" {
			return
		}
		got, p := (&posting{form: lines}).decode([]byte(first + "\n" + second))
		want, _, q := decode([]byte("["+first+","+second+"]"), "")
		if _, _, alone := decode([]byte(first), ""); p == nil && (q != nil || alone != nil) {
			t.Fatalf("%q and %q are taken as lines only: %v %v", first, second, q, alone)
		}
		if p == nil {
			if diff := cmp.Diff(want, got.items); diff != "" {
				t.Fatal(diff)
			}
			return
		}
		if _, _, alone := decode([]byte(first), ""); q == nil && alone == nil {
			t.Fatalf("%q and %q are taken in an array only: %+v", first, second, p)
		}
		if p.Reason == "" || p.Detail == "" || p.Status/100 != 4 {
			t.Fatalf("%+v", p)
		}
	})
}
