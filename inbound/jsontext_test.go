package inbound

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// scan is the verdict over a whole text whose values may nest so deep.
func scan(b []byte, levels int) (flaw, bool) {
	s := scanner{b: b}
	i := s.value(s.space(0), levels)
	ok := i >= 0 && s.end(i)
	return s.flaw, ok
}

func nested(depth int) string {
	return strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth)
}

func TestScannerRefusesAndSaysWhere(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		reason  string
		at      int
		pointer string
	}{
		"nothing":                      {``, reasonJSON, 0, ""},
		"white space":                  {" \n", reasonJSON, 2, ""},
		"not JSON":                     {`hello`, reasonJSON, 0, ""},
		"byte order mark":              {"\ufeff{}", reasonJSON, 0, ""},
		"two documents":                {`{} {}`, reasonJSON, 3, ""},
		"trailing comma":               {`{"a":1,}`, reasonJSON, 7, ""},
		"trailing comma in an array":   {`[1,]`, reasonJSON, 3, "/1"},
		"missing comma":                {`{"a":[1 2]}`, reasonJSON, 8, "/a/0"},
		"missing colon":                {`{"a" 1}`, reasonJSON, 5, "/a"},
		"missing value":                {`{"a":}`, reasonJSON, 5, "/a"},
		"name without quotes":          {`{a:1}`, reasonJSON, 1, ""},
		"single quotes":                {`{'a':1}`, reasonJSON, 1, ""},
		"comment":                      {`{"a":1 /* one */}`, reasonJSON, 7, "/a"},
		"unclosed object":              {`{"a":{"b":1}`, reasonJSON, 12, "/a"},
		"unclosed string":              {`{"a":"b`, reasonJSON, 7, "/a"},
		"word cut short":               {`{"a":tru}`, reasonJSON, 8, "/a"},
		"NaN":                          {`{"a":NaN}`, reasonJSON, 5, "/a"},
		"leading zero":                 {`{"a":01}`, reasonJSON, 6, "/a"},
		"leading plus":                 {`{"a":+1}`, reasonJSON, 5, "/a"},
		"bare point":                   {`{"a":1.}`, reasonJSON, 7, "/a"},
		"bare exponent":                {`{"a":1e+}`, reasonJSON, 8, "/a"},
		"bare minus":                   {`{"a":-}`, reasonJSON, 6, "/a"},
		"control character":            {"{\"a\":\"x\ny\"}", reasonJSON, 7, "/a"},
		"unknown escape":               {`{"a":"\x41"}`, reasonJSON, 7, "/a"},
		"short escape":                 {`{"a":"\u12"}`, reasonJSON, 6, "/a"},
		"escape at the end":            {`{"a":"\`, reasonJSON, 7, "/a"},
		"invalid UTF-8":                {"{\"a\":[0,\"\xff\"]}", reasonUTF8, 9, "/a/1"},
		"invalid UTF-8 in a name":      {"{\"b\":{\"x\xff\":1}}", reasonUTF8, 8, "/b"},
		"overlong UTF-8":               {"\"a\xc0\x80\"", reasonUTF8, 2, ""},
		"surrogate in UTF-8":           {"\"\xed\xa0\x80\"", reasonUTF8, 1, ""},
		"UTF-8 cut short":              {"\"\xe2\x82\"", reasonUTF8, 1, ""},
		"invalid UTF-8 outside":        {"{\"a\":\xff}", reasonJSON, 5, "/a"},
		"lone high surrogate":          {`{"a":"\ud800"}`, reasonUTF8, 6, "/a"},
		"lone low surrogate":           {`{"a":"\udc00"}`, reasonUTF8, 6, "/a"},
		"two high surrogates":          {`{"a":"\ud800\ud800"}`, reasonUTF8, 6, "/a"},
		"high surrogate, then another": {`{"a":"\ud83dx"}`, reasonUTF8, 6, "/a"},
		"duplicate":                    {`{"a":1,"a":2}`, reasonDuplicateKey, 7, "/a"},
		"duplicate at depth":           {`{"a":[{"b":{"c":1,"d":2,"c":3}}]}`, reasonDuplicateKey, 24, "/a/0/b/c"},
		"duplicate by escape":          {`{"a/~":1,"\u0061/~":2}`, reasonDuplicateKey, 9, "/a~1~0"},
		"duplicate by surrogates":      {`{"😀":1,"\ud83d\ude00":2}`, reasonDuplicateKey, 10, "/😀"},
		"duplicate empty name":         {`{"":1,"":2}`, reasonDuplicateKey, 6, "/"},
		"too deep":                     {nested(65), reasonDepth, 64 * 5, strings.Repeat("/a", 64)},
		"far too deep":                 {nested(10_001), reasonDepth, 64 * 5, strings.Repeat("/a", 64)},
		"too deep and unclosed":        {strings.Repeat("[", 100_000), reasonDepth, 64, strings.Repeat("/0", 64)},
	} {
		t.Run(name, func(t *testing.T) {
			flaw, ok := scan([]byte(test.text), maxDepth)
			if ok {
				t.Fatalf("%q passed", test.text)
			}
			if flaw.reason != test.reason || flaw.at != test.at {
				t.Errorf("%s at %d (%s), want %s at %d", flaw.reason, flaw.at, flaw.detail, test.reason, test.at)
			}
			if got := pointer([]byte(test.text), flaw.at); got != test.pointer {
				t.Errorf("pointer %q, want %q", got, test.pointer)
			}
		})
	}
}

func TestScannerAccepts(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `""`, `0`, `-0`, `-0.0e-0`, `1E+400`, `null`, `true`, `false`,
		" \t\r\n{ \"a\" : [ 1 , 2 ] } \n",
		`{"a":1,"A":1,"a ":1}`, `{"a":{"a":{"a":1}},"b":{"a":1}}`,
		`"\"\\\/\b\f\n\r\t\u0000\u00e9\ud83d\ude00"`, `"\uD83D\uDE00"`, "\"\u2028\u202e\u007f\"",
		nested(64), strings.Repeat("[", 64) + strings.Repeat("]", 64),
	} {
		if flaw, ok := scan([]byte(text), maxDepth); !ok {
			t.Errorf("%.60q: %s", text, flaw.detail)
		}
	}
}

// TestDuplicatesAmongMany covers both ways in which names are compared.
func TestDuplicatesAmongMany(t *testing.T) {
	for _, n := range []int{2, fewMembers, fewMembers + 1, fewMembers + 2, 1000, 100_000} {
		var b bytes.Buffer
		b.WriteByte('{')
		for i := range n {
			fmt.Fprintf(&b, `"k%d":{"k0":%d},`, i, i)
		}
		distinct := append(bytes.Clone(b.Bytes()), `"last":1}`...)
		if flaw, ok := scan(distinct, maxDepth); !ok {
			t.Errorf("%d distinct names: %s", n, flaw.detail)
		}
		at := b.Len()
		double := append(b.Bytes(), fmt.Sprintf(`"k%d":1}`, n/2)...)
		if flaw, ok := scan(double, maxDepth); ok || flaw.reason != reasonDuplicateKey || flaw.at != at {
			t.Errorf("%d names and one of them again: %+v, want a duplicate at %d", n, flaw, at)
		}
	}
}

func TestUnescape(t *testing.T) {
	for _, text := range []string{`"plain"`, `"\"\\\/\b\f\n\r\t"`, `"a\u0000b\u00e9c\ud83d\ude00"`, `"\u005cu0041"`} {
		var want string
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if got := string(unescape(nil, []byte(text[1:len(text)-1]))); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

// FuzzScannerAgreesWithSlowReference: it lets in what encoding/json holds valid,
// less what each of the slow checks refuses.
func FuzzScannerAgreesWithSlowReference(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e+3,true,false,null,"\ud83d\ude00"]}`, `{"a":1,"\u0061":2}`, `"\ud800"`, `{"":{"":1}}`, "\"\xff\"", nested(65), ` [ ] x`,
		`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":0,"k":1,"l":2,"m":3,"n":4,"o":5,"p":6,"q":7,"a":8}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		flaw, ok := scan(b, maxDepth)
		if want := json.Valid(b) && utf8.Valid(b) && paired(b) && slowlyDistinct(t, b); ok != want {
			t.Fatalf("%q: %t (%+v), the reference says %t", b, ok, flaw, want)
		}
		if !ok {
			if flaw.at < 0 || flaw.at > len(b) || flaw.reason == "" || flaw.detail == "" {
				t.Fatalf("%q: %+v", b, flaw)
			}
			lineColumn(b, flaw.at)
			pointer(b, flaw.at)
		}
	})
}

var (
	escapes    = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|.)`)
	surrogates = regexp.MustCompile(`(?i)\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}`)
	surrogate  = regexp.MustCompile(`(?i)\\ud[89a-f][0-9a-f]{2}`)
)

// paired tells whether each escaped surrogate of a valid text has its other half.
func paired(b []byte) bool {
	b = escapes.ReplaceAllFunc(b, func(e []byte) []byte {
		if e[1] == 'u' {
			return e
		}
		return nil
	})
	return !surrogate.Match(surrogates.ReplaceAll(b, nil))
}

// slowlyDistinct tells whether the names of each object of a valid text differ,
// and whether it is not too deep.
func slowlyDistinct(t *testing.T, b []byte) bool {
	type level struct {
		names  map[string]bool // nil: an array
		inside bool            // a value comes next
	}
	var open []level
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err == io.EOF {
			return true
		}
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if len(open) > 0 {
			if l := &open[len(open)-1]; l.names != nil {
				if name, ok := token.(string); ok && !l.inside {
					if l.names[name] {
						return false
					}
					l.names[name], l.inside = true, true
					continue
				}
				l.inside = false
			}
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, level{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if len(open) > maxDepth {
			return false
		}
	}
}

// oneKB is an event of about 1 KB, as apps send them.
var oneKB = []byte(`{"type":"contact.subscribed","id":"01J8ZQ3W5Y7N","time":"2026-05-04T10:00:00Z","data":{"campaign":{"id":4711,"name":"Spring raffle","channels":["mail","web","push"]},` +
	`"contact":{"id":820982911946154508,"email":"jane.doe@example.com","first_name":"Jané","last_name":"Döe","phone":null,"consent":true,"tags":["vip","newsletter","2026"],` +
	`"address":{"street":"1 Example Road","city":"Sampletown","zip":"07401","country":"NL","lat":52.370216,"lon":4.895168}},` +
	`"source":{"utm_source":"newsletter","utm_medium":"email","utm_campaign":"spring-2026","referrer":"https://www.example.com/landing?x=1\u0026y=2"},` +
	`"answers":[{"q":"shirt size","a":"M"},{"q":"How did you hear of us?","a":"From a friend, who said: \"try it\""},{"q":"age","a":34}],` +
	`"amount":4999.00,"currency":"EUR","note":"` + strings.Repeat("lorem ipsum dolor sit amet ", 6) + `"}}`)

func BenchmarkDecode(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(oneKB)))
		b.ReportAllocs()
		for b.Loop() {
			if _, _, p := decode(oneKB, ""); p != nil {
				b.Fatal(p.Detail)
			}
		}
	})
	b.Run("json.Valid", func(b *testing.B) {
		b.SetBytes(int64(len(oneKB)))
		b.ReportAllocs()
		for b.Loop() {
			if !json.Valid(oneKB) {
				b.Fatal()
			}
		}
	})
}

func BenchmarkManyNames(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		var text bytes.Buffer
		text.WriteString(`{"":0`)
		for i := range n {
			fmt.Fprintf(&text, `,"%d":0`, i*7919%n)
		}
		text.WriteByte('}')
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				if _, ok := scan(text.Bytes(), maxDepth); !ok {
					b.Fatal()
				}
			}
		})
	}
}
