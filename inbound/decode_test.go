package inbound

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/posternhq/postern/event"
)

// TestMembersOfALargeEventAreNotCollected: the decoder needs space for each
// member, so it stops at the first that is too much, and not at the end of what
// a batch may hold.
func TestMembersOfALargeEventAreNotCollected(t *testing.T) {
	many := "{"
	for i := range fewMembers + 1 {
		many += fmt.Sprintf(`"%d":1,`, i)
	}
	many += strings.Repeat(`"x":1,`, 2_000_000) + `"z":1}`
	for name, body := range map[string]string{
		"data":              `[{"type":"a","data":` + many + `}]`,
		"a member of ours":  `[{"type":` + many + `}]`,
		"an array as event": `[[` + many + `]]`,
	} {
		d := decoding{scanner: scanner{b: []byte(body)}}
		if d.read(&posting{}); d.problem == nil || d.problem.Reason != reasonTooLarge {
			t.Fatalf("%s: %+v", name, d.problem)
		}
		if got := d.problem.More["errors"].([]fault)[0].Pointer; got != "/0" {
			t.Errorf("%s: at %q", name, got)
		}
		if n := cap(d.members); n > maxEventBytes/4 {
			t.Errorf("%s: space for %d members", name, n)
		}
	}
}

// FuzzDecodeAgreesWithEncodingJSON: an event that is let in is read as
// encoding/json reads it, and its data is a piece of the body.
func FuzzDecodeAgreesWithEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{"type":"a","data":{}}`, ` [ {"data":{"type":1},"type":"\u00e9\ud83d\ude00","id":"x"} , {"type":"b","data":{ }} ] `,
		`{"type":"a","data":{},"time":"2026-05-04T10:00:00+02:00","source":"s\/"}`, `[{"typ":"a","data":[]},null]`, `{"\u0074ype":"a","data":{"a":{}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		items, batch, p := decode(b, "")
		if p != nil {
			if p.Status/100 != 4 || p.Reason == "" || p.Detail == "" {
				t.Fatalf("%q: %+v", b, p)
			}
			return
		}
		whole := b
		if !batch {
			whole = append(append([]byte("["), b...), ']')
		}
		var want []map[string]json.RawMessage
		if err := json.Unmarshal(whole, &want); err != nil || len(want) != len(items) {
			t.Fatalf("%q: %d items, encoding/json has %d, %v", b, len(items), len(want), err)
		}
		for i, item := range items {
			e := item.Event
			if !bytes.Equal(e.Data, want[i]["data"]) || !bytes.Contains(b, e.Data) {
				t.Fatalf("%q: data %q", b, e.Data)
			}
			for member, got := range map[string]string{"type": e.Type, "id": e.ID, "time": e.Time, "source": e.Source} {
				var text string
				if given := want[i][member]; given != nil {
					if err := json.Unmarshal(given, &text); err != nil {
						t.Fatal(err)
					}
				}
				if got != text {
					t.Fatalf("%q: %s %q, encoding/json has %q", b, member, got, text)
				}
			}
			if event.WrongType(e.Type) != "" || e.ID != "" && event.WrongID(e.ID) != "" || e.Time != "" && event.WrongTime(e.Time) != "" || event.WrongSource(e.Source) != "" {
				t.Fatalf("%q: %+v was let in", b, e)
			}
		}
	})
}
