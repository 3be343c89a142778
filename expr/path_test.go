package expr

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func checkJSON(t *testing.T, b []byte) {
	t.Helper()
	if !json.Valid(b) {
		t.Fatalf("not JSON: %q", b)
	}
	var c bytes.Buffer
	if err := json.Compact(&c, b); err != nil || !bytes.Equal(c.Bytes(), b) {
		t.Errorf("not compact: %s", b)
	}
}

// leaves gives every value within raw to f with the path that leads to it.
func leaves(t *testing.T, steps []step, raw json.RawMessage, f func(steps []step, raw json.RawMessage)) {
	f(steps, raw)
	switch bytes.TrimSpace(raw)[0] {
	case '{':
		var m map[string]json.RawMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			leaves(t, append(slices.Clip(steps), step{name: name}), m[name], f)
		}
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		for i, item := range list {
			leaves(t, append(slices.Clip(steps), step{index: i, indexed: true}), item, f)
			f(append(slices.Clip(steps), step{index: i - len(list), indexed: true}), item)
		}
	}
}

func compacted(t *testing.T, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPathsThroughRealEvents(t *testing.T) {
	files, err := filepath.Glob("../event/testdata/*.json")
	if err != nil || len(files) != 27 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.TrimSpace(data)[0] == '[' {
				data = slices.Concat([]byte(`{"batch": `), data, []byte(`}`))
			}
			paths := 0
			leaves(t, nil, data, func(steps []step, raw json.RawMessage) {
				paths++
				src := "data"
				for _, s := range steps {
					if s.indexed {
						src += "[" + strconv.Itoa(s.index) + "]"
					} else {
						src += "[" + strconv.Quote(s.name) + "]"
					}
				}
				if got, want := result(t, src, string(data)), compacted(t, raw); got != want {
					t.Errorf("%s: got %s, want %s", src, got, want)
				}
			})
			if paths < 4 {
				t.Errorf("only %d paths", paths)
			}
		})
	}
}

func TestRealEventsKeepTheirDigits(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile("../event/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	shopify, seed, mailgun := read("shopify-orders-create.json"), read("seed-prize-won.json"), read("mailgun-delivered.json")
	for _, c := range [][3]string{
		{shopify, `id`, `820982911946154508`},
		{shopify, `id + 1`, `820982911946154509`},
		{shopify, `customer.id`, `115310627314723954`},
		{shopify, `map(line_items, .id)`, `[866550311766439020,141249953214522974]`},
		{shopify, `{"ids": [id, customer.id]}`, `{"ids":[820982911946154508,115310627314723954]}`},
		{shopify, `toJSON({"id": id})`, `"{\"id\":820982911946154508}"`},
		{shopify, `customer.last_name`, `"Løv"`},
		{shopify, `app_id`, `null`},
		{mailgun, `data["event-data"].timestamp`, compacted(t, pick(t, mailgun, "event-data", "timestamp"))},
	} {
		if got := result(t, c[1], c[0]); got != c[2] {
			t.Errorf("%s: got %s, want %s", c[1], got, c[2])
		}
	}
	if !strings.Contains(result(t, `data`, seed), "4999.00") {
		t.Error("4999.00 lost its zeros")
	}
}

func pick(t *testing.T, data string, names ...string) json.RawMessage {
	raw := json.RawMessage(data)
	for _, name := range names {
		var m map[string]json.RawMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		raw = m[name]
	}
	return raw
}

func TestDecodeAgreesWithEncodingJSON(t *testing.T) {
	files, err := filepath.Glob("../event/testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkDecode(t, data)
	}
}

// checkDecode compares with encoding/json, numbers by their digits.
func checkDecode(t *testing.T, data []byte) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	got, err := decode(data)
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	if diff := cmp.Diff(numbered(t, want), got, cmp.AllowUnexported(outsize{})); diff != "" {
		t.Error(diff)
	}
}

// numbered replaces numbers as this package has them.
func numbered(t *testing.T, v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return int(n)
		}
		f, err := v.Float64()
		if err != nil || !strings.ContainsAny(string(v), ".eE") {
			return outsize{string(v)}
		}
		return f
	case []any:
		for i := range v {
			v[i] = numbered(t, v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = numbered(t, v[name])
		}
	}
	return v
}

// hasDuplicates tells of JSON that the door refuses.
func hasDuplicates(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return false
	}
	seen := map[any]bool{}
	for d.More() {
		if delim == '{' {
			name, err := d.Token()
			if err != nil || seen[name] {
				return true
			}
			seen[name] = true
		}
		if hasDuplicates(d) {
			return true
		}
	}
	_, _ = d.Token()
	return false
}

// fromTheDoor tells of JSON that the door lets in, and that is small enough to
// look at every path in it. Names that only U+FFFD tells apart are left out.
func fromTheDoor(data []byte) bool {
	return json.Valid(data) && utf8.Valid(data) && len(data) <= 4096 &&
		bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) <= 50 &&
		!bytes.Contains(bytes.ToLower(data), []byte(`\ud`)) && !bytes.ContainsRune(data, utf8.RuneError) &&
		!hasDuplicates(json.NewDecoder(bytes.NewReader(data)))
}

func FuzzPath(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"a\u0062":{"":[1,[],{},"\"",-0.0e+1,null]},"ä":"\\\"","x":[[[]]]}`))
	f.Add([]byte(" [ 1 , true , { \"a\" : \"}\" } ] "))
	f.Fuzz(func(t *testing.T, data []byte) {
		find := func(steps []step) ([]byte, error) {
			return path{root: dataRoot, steps: steps}.find(NewScope(Event{Data: data}))
		}
		if !fromTheDoor(data) {
			_, _ = find([]step{{name: "a"}, {index: -1, indexed: true}}) // ends, and does not panic
			_, _ = decode(data)
			return
		}
		leaves(t, nil, data, func(steps []step, raw json.RawMessage) {
			got, err := find(steps)
			if err != nil || !bytes.Equal(got, bytes.TrimSpace(raw)) {
				t.Fatalf("%v: got %q, %v, want %q", steps, got, err, raw)
			}
			for _, s := range []step{{name: "no such name"}, {index: 1 << 40, indexed: true}, {index: -1 << 40, indexed: true}} {
				if got, err := find(append(slices.Clip(steps), s)); got != nil || err != nil {
					t.Fatalf("%v %v: got %q, %v", steps, s, got, err)
				}
			}
		})
		checkDecode(t, data)
	})
}
