package outbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

func TestFormWritesPHPBrackets(t *testing.T) {
	lists := func(s ListStyle) FormStyle { return FormStyle{Lists: s} }
	for _, tt := range []struct {
		name, json string
		style      FormStyle
		want, err  string // want is unescaped, but for spaces
	}{
		{name: "order and kinds", json: `{"z":1,"a":true,"m":"x y","f":false}`, want: "z=1&a=true&m=x+y&f=false"},
		{name: "digits as they are", json: `{"a":9007199254740993,"b":19.90,"c":1e21,"d":-0.0,"e":1E+2}`, want: "a=9007199254740993&b=19.90&c=1e21&d=-0.0&e=1E%2B2"},
		{name: "null and empties are left out", json: `{"a":null,"b":"","c":[],"d":{},"e":{"f":null,"g":[[]]},"h":0}`, want: "b=&h=0"},
		{name: "nesting", json: `{"contact":{"email":"a@b.co","tags":["x","y"]}}`, want: "contact[email]=a%40b.co&contact[tags][0]=x&contact[tags][1]=y"},
		{name: "a null keeps the places of others", json: `{"a":[null,"x",null,"y"]}`, want: "a[1]=x&a[3]=y"},
		{name: "list of objects", json: `{"a":[{"b":1,"c":2},{"b":3}]}`, want: "a[0][b]=1&a[0][c]=2&a[1][b]=3"},
		{name: "brackets in a name", json: `{"data[merges][EMAIL]":"x"}`, want: "data[merges][EMAIL]=x"},
		{name: "odd names", json: `{"First name":1,"a&b=c":2,"ø":{"":3}}`, want: "First+name=1&a%26b%3Dc=2&%C3%B8[]=3"},
		{name: "white space between tokens", json: " {\n\t\"a\" : [ 1 ,\r 2 ] , \"b\" : { \"c\" : null } } ", want: "a[0]=1&a[1]=2"},
		{name: "escapes", json: `{"a":"\u00e9\n\"\\\ud83d\ude00"}`, want: "a=%C3%A9%0A%22%5C%F0%9F%98%80"},
		{name: "empty", json: `{"a":["x",1]}`, style: lists(Empty), want: "a[]=x&a[]=1"},
		{name: "empty over objects", json: `{"a":[{"b":1}]}`, style: lists(Empty), want: "a[][b]=1"},
		{name: "repeat", json: `{"a":["x",null,true],"b":{"c":[1,2]}}`, style: lists(Repeat), want: "a=x&a=true&b[c]=1&b[c]=2"},
		{name: "comma", json: `{"a":["x",null,true,1.50],"b":[null],"c":["y z"]}`, style: lists(Comma), want: "a=x%2Ctrue%2C1.50&c=y+z"},
		{name: "one field", json: `{"a":[1]}`, style: FormStyle{Field: "payload"}, want: "payload=%7B%22a%22%3A%5B1%5D%7D"},
		{name: "all left out", json: `{"a":null}`, want: ""},
		{name: "repeat over objects", json: `{"a":{"b":[1,{"c":1}]}}`, style: lists(Repeat), err: `form: "a[b]" is a list of objects or lists, which lists = "repeat" can't write: use index or empty`},
		{name: "comma over lists", json: `{"a":[ [1] ]}`, style: lists(Comma), err: `form: "a" is a list of objects or lists, which lists = "comma" can't write: use index or empty`},
		{name: "a field without a name", json: `{"":1}`, err: `form: a field with the name "" can't be written`},
		{name: "not an object", json: `[1]`, err: "form: the payload is not an object"},
		{name: "deep", json: `{"a":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}`, err: "form: nested more than 256 deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := encodeForm([]byte(tt.json), nil, tt.style)
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if got := strings.NewReplacer("%5B", "[", "%5D", "]").Replace(string(got)); tt.style.Field == "" && got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			} else if tt.style.Field != "" && !strings.HasPrefix(got, "payload=%7B%22a") {
				t.Errorf("got %s", got)
			}
			if _, err := url.ParseQuery(string(got)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestALongNameOverManyItemsMakesNoLongForm(t *testing.T) {
	name := strings.Repeat("k", 512<<10)
	for item, want := range map[string]error{"1": errTooLarge, `{"a":[true]}`: errTooLarge, "null": nil} {
		payload := []byte(`{"` + name + `":[` + strings.Repeat(item+",", 64<<10) + item + `]}`)
		for _, lists := range []ListStyle{Index, Empty} {
			if out, _, err := encodeForm(payload, nil, FormStyle{Lists: lists}); !errors.Is(err, want) || len(out) > 0 {
				t.Errorf("%s: %d bytes, %v", item, len(out), err)
			}
		}
	}
	d := someDelivery("w")
	d.Event.Data = []byte(`{"` + name + `":[1,2,3,4,5,6,7,8,9]}`)
	w := hook(t, "w", "https://h/")
	w.Encoding = Form
	if o := courier(t, plan(w))(w, d).outcome; o.State != event.Failed || o.Class != event.TooLarge {
		t.Errorf("got %+v", o)
	}
}

func TestFormIsWhatKnownSendersSend(t *testing.T) {
	for name, dir := range map[string]string{"mailchimp-subscribe": "../event/testdata", "activecampaign-subscribe": "testdata"} {
		payload, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("../event/testdata", name+".form"))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := encodeForm(payload, nil, FormStyle{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(bytes.TrimSpace(want)), "&"), strings.Split(string(got), "&")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestFormCarriesHolesOver(t *testing.T) {
	const secret = `p"w &€`
	payload := `{"a":"x y","k":"<>","t":["é-<>-z<>"],"z":1}`
	var in []expr.Hole
	for {
		i := strings.Index(payload, "<>")
		if i < 0 {
			break
		}
		payload = payload[:i] + payload[i+2:]
		in = append(in, expr.Hole{Offset: i, Secret: "env:K"})
	}
	values := lookIn(map[string]string{"env:K": secret})
	for _, tt := range []struct {
		style FormStyle
		want  url.Values
	}{
		{FormStyle{}, url.Values{"a": {"x y"}, "k": {secret}, "t[0]": {"é-" + secret + "-z" + secret}, "z": {"1"}}},
		{FormStyle{Lists: Comma}, url.Values{"a": {"x y"}, "k": {secret}, "t": {"é-" + secret + "-z" + secret}, "z": {"1"}}},
		{FormStyle{Field: "pay load"}, url.Values{"pay load": {`{"a":"x y","k":"p\"w &€","t":["é-p\"w &€-zp\"w &€"],"z":1}`}}},
	} {
		out, holes, err := encodeForm([]byte(payload), in, tt.style)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(out, []byte("p%22w")) || len(holes) != 3 {
			t.Errorf("stored %s with %v", out, holes)
		}
		filled, err := fill(&event.Said{Payload: out, Holes: holes}, nil, values)
		if err != nil {
			t.Fatal(err)
		}
		got, err := url.ParseQuery(string(filled))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%v: %s", tt.style, diff)
		}
	}
}

// FuzzFormReadsBack reads what was written with a parser after PHP's
// parse_str, and wants the payload back, less what a form can't say.
func FuzzFormReadsBack(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,null,{"c":"x&y=z%"}]},"d":true,"e":"","f":null}`))
	f.Add([]byte(`{"a.b":[[1,2],[3]],"ø":"\u0000+ "}`))
	for _, file := range []string{"../event/testdata/mailchimp-subscribe.json", "testdata/activecampaign-subscribe.json"} {
		if b, err := os.ReadFile(file); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		readsBack(t, payload)
	})
}

// What well-known senders send survives as a form too, in the standard payload.
func TestSendersEventsReadBack(t *testing.T) {
	files, err := filepath.Glob("../event/testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	objects := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if data = bytes.TrimSpace(data); data[0] == '[' {
			continue
		}
		objects++
		payload := spliceStandard(&event.Event{Type: "any", Time: "2026-06-17T08:00:00Z", Data: data})
		if !bytes.HasSuffix(payload, append([]byte(`,"data":`), append(data, '}')...)) {
			t.Errorf("%s: data is not as received: %s", file, payload)
		}
		if !readsBack(t, payload) {
			t.Errorf("%s was not checked", file)
		}
	}
	if objects != 24 {
		t.Errorf("%d objects", objects)
	}
}

// readsBack checks a payload that brackets can say; it tells whether it is one.
func readsBack(t *testing.T, payload []byte) bool {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	var v map[string]any
	if dec.Decode(&v) != nil || dec.More() || !writable(v) || duplicates(payload) {
		return false
	}
	out, _, err := encodeForm(payload, nil, FormStyle{})
	if err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	want, _ := said(v).(map[string]any)
	if want == nil {
		want = map[string]any{}
	}
	if diff := cmp.Diff(want, parsePHP(t, string(out))); diff != "" {
		t.Errorf("%s became %s: %s", payload, out, diff)
	}
	return true
}

// said is what a form can say of a value: texts, and maps that aren't empty.
func said(v any) any {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case map[string]any:
		out := map[string]any{}
		for k, item := range v {
			if s := said(item); s != nil {
				out[k] = s
			}
		}
		if len(out) > 0 {
			return out
		}
	case []any:
		out := map[string]any{}
		for i, item := range v {
			if s := said(item); s != nil {
				out[strconv.Itoa(i)] = s
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// writable tells whether brackets can't be mistaken for those of a name.
func writable(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			if k == "" || strings.ContainsAny(k, "[]") || !writable(item) {
				return false
			}
		}
	case []any:
		for _, item := range v {
			if !writable(item) {
				return false
			}
		}
	}
	return true
}

// duplicates tells whether an object has a name twice, which the door refuses.
func duplicates(payload []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(payload))
	type level struct {
		names map[string]bool
		name  bool // comes next
	}
	var stack []*level
	value := func() {
		if n := len(stack); n > 0 && stack[n-1].names != nil {
			stack[n-1].name = true
		}
	}
	for {
		token, err := dec.Token()
		if err != nil {
			return false
		}
		n := len(stack)
		switch token {
		case json.Delim('{'):
			stack = append(stack, &level{names: map[string]bool{}, name: true})
			continue
		case json.Delim('['):
			stack = append(stack, &level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:n-1]
			value()
			continue
		}
		if name, ok := token.(string); ok && n > 0 && stack[n-1].name {
			if stack[n-1].names[name] {
				return true
			}
			stack[n-1].names[name], stack[n-1].name = true, false
			continue
		}
		value()
	}
}

func parsePHP(t *testing.T, form string) map[string]any {
	root := map[string]any{}
	if form == "" {
		return root
	}
	for pair := range strings.SplitSeq(form, "&") {
		k, v, _ := strings.Cut(pair, "=")
		key, err1 := url.QueryUnescape(k)
		val, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil {
			t.Fatalf("not well escaped: %q", pair)
		}
		first, rest, _ := strings.Cut(key, "[")
		path := []string{first}
		if rest != "" {
			path = append(path, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
		}
		at := root
		for _, p := range path[:len(path)-1] {
			next, ok := at[p].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[p] = next
			}
			at = next
		}
		last := path[len(path)-1]
		if _, twice := at[last]; twice {
			t.Fatalf("%q is written twice in %q", key, form)
		}
		at[last] = val
	}
	return root
}
