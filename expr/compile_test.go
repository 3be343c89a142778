package expr

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestCompileErrors(t *testing.T) {
	for _, c := range []struct {
		src  string
		kind Kind
		want Error
	}{
		{src: ``, want: Error{0, 0, `the expression is empty`, `null is expr("nil")`}},
		{src: " \n", want: Error{0, 2, `the expression is empty`, `null is expr("nil")`}},
		{src: `contact.email ==`, want: Error{16, 0, `the expression ends too early`, `write the value that is missing`}},
		{src: `(a`, want: Error{2, 0, `the expression ends too early`, `add the ) that is missing`}},
		{src: `a b`, want: Error{2, 1, `unexpected "b"`, `an operator is missing before it, such as ==, and, or`}},
		{src: `a.b[0]?.c + )`, want: Error{12, 1, `unexpected ")"`, `remove it, or add the bracket before it that it closes`}},
		{src: `ärger.ß == 'ü' )`, want: Error{18, 1, `unexpected ")"`, `remove it, or add the bracket before it that it closes`}},
		{src: "a ==\n  b c", want: Error{9, 1, `unexpected "c"`, `an operator is missing before it, such as ==, and, or`}},
		{src: `a = b`, want: Error{2, 1, `unexpected "="`, `== compares`}},
		{src: `'abc`, want: Error{4, 0, `a quote is not closed`, `add the one that is missing`}},
		{src: `a @ b`, want: Error{2, 1, `unexpected character U+0040 '@'`, `remove it, or put the text that it belongs to in quotes`}},
		{src: `1x`, want: Error{1, 1, `"1x" is not a number`, ``}},
		{src: `9223372036854775808`, want: Error{18, 1, `the number is too large`, ``}},
		{src: `map(xs, {"a": .b})`, want: Error{12, 1, `unexpected ":"`, `here { opens the body of a function: put an object into parentheses, ({…})`}},
		{src: `map(xs, {a: .b})`, want: Error{10, 1, `unexpected ":"`, `here { opens the body of a function: put an object into parentheses, ({…})`}},
		{src: `lwoer(x)`, want: Error{0, 5, `there is no function "lwoer"`, `did you mean "lower"?`}},
		{src: `x | tojson()`, want: Error{4, 6, `there is no function "tojson"`, `did you mean "toJSON"?`}},
		{src: `shell("rm")`, want: Error{0, 5, `there is no function "shell"`, ``}},
		{src: `xs[len(foo(1)):]`, want: Error{7, 3, `there is no function "foo"`, ``}},
		{src: `findLastIndex(xs, .a)`, want: Error{0, 13, `there is no function "findLastIndex"`, `findLast yields the item itself`}},
		{src: `::findLastIndex(xs, .a)`, want: Error{2, 13, `there is no function "findLastIndex"`, `findLast yields the item itself`}},
		{src: `name.lower()`, want: Error{5, 5, `there is no method "lower"`, `functions go around the value: lower(…)`}},
		{src: `date(x).Local()`, want: Error{8, 5, `there is no method "Local"`, ``}},
		{src: `date(x).Year`, want: Error{8, 4, `a method is no value`, `put () behind its name to call it`}},
		{src: `date(x).Yeer`, want: Error{8, 4, `a time has no member "Yeer"`, ``}},
		{src: `1 + $env.x`, want: Error{4, 4, `$env is not available: an expression sees the event, and nothing else`, `data is all of the event's data`}},
		{src: `get($env, "x")`, want: Error{4, 4, `$env is not available: an expression sees the event, and nothing else`, `data is all of the event's data`}},
		{src: `event.tpye`, want: Error{6, 4, `event has no member "tpye"`, `did you mean "type"?`}},
		{src: `event.email`, want: Error{6, 5, `event has no member "email"`, `event has id, type, time and source; the event's own data is in data`}},
		{src: `b"x"`, want: Error{0, 4, `bytes are no value of JSON`, `write the text without the b`}},
		{src: `"a" + 1`, want: Error{4, 1, `+ does not work on text and a number`, `string(…) makes text of a number`}},
		{src: `-"a"`, want: Error{0, 1, `- does not work on text`, ``}},
		{src: `x startsWith 1`, want: Error{2, 10, `startsWith does not work on a number`, ``}},
		{src: `upper(1)`, want: Error{6, 1, `upper wants text, not a number`, ``}},
		{src: `upper(x, y)`, want: Error{0, 5, `too many arguments to call upper`, ``}},
		{src: `filter("abc", true)`, want: Error{7, 5, `filter wants a list, not text`, ``}},
		{src: `filter(xs, "a")`, want: Error{11, 3, `the condition yields text, not true or false`, ``}},
		{src: `data[0]`, want: Error{5, 1, `a number can't name a member of an object`, ``}},
		{src: `"a" ? 1 : 2`, want: Error{0, 3, `the condition yields text, not true or false`, ``}},
		{src: `.a`, want: Error{0, 1, `unexpected "."`, ``}},
		{src: `let data = 1; data`, want: Error{4, 4, `the name "data" is taken`, ``}},
		{src: `x matches "("`, want: Error{2, 7, "the pattern is not valid: missing closing ): `(`", ``}},
		{src: `a ?? b + c`, want: Error{7, 1, `?? can't be mixed with +: put parentheses around one of them`, ``}},
		{src: `"ä"`, kind: Bool, want: Error{0, 4, `the expression yields text, not true or false`, `compare it with something, such as == 'DE' or > 0`}},
		{src: `len(x)`, kind: Bool, want: Error{0, 6, `the expression yields a number, not true or false`, `compare it with something, such as == 'DE' or > 0`}},
		{src: `nil`, kind: Bool, want: Error{0, 3, `the expression yields null, not true or false`, `compare it with something, such as == 'DE' or > 0`}},
		{src: `[x]`, kind: Bool, want: Error{0, 3, `the expression yields a list, not true or false`, `compare it with something, such as == 'DE' or > 0`}},
		{src: `data`, kind: Bool, want: Error{0, 4, `the expression yields an object, not true or false`, `compare it with something, such as == 'DE' or > 0`}},
		{src: `x ? "a" : "b"`, kind: Bool, want: Error{0, 13, `the expression yields text, not true or false`, `compare it with something, such as == 'DE' or > 0`}},
		{src: `[x]`, kind: Scalar, want: Error{0, 3, `the expression yields a list, where text is wanted`, `name one of its members, or say how to write it, such as json(…) or join(…)`}},
		{src: `data`, kind: Scalar, want: Error{0, 4, `the expression yields an object, where text is wanted`, `name one of its members, or say how to write it, such as json(…) or join(…)`}},
		{src: `map(a, map(.b, map(.c, .d)))`, want: Error{15, 3, `functions that go through lists are nested more than two deep here`, `make one list first, such as with flatten(map(…))`}},
		{src: `x matches "(a{1,999}b{1,999}c{1,999})"`, want: Error{10, 28, `the pattern is too large`, ``}},
		{src: "[" + strings.Repeat("0,", 2001) + "]", want: Error{0, 4004, `the expression has more than 2000 parts`, `split it`}},
		{src: `len(nil)`, want: Error{0, 3, `len does not work on null`, ``}}, {src: `max("a")`, want: Error{0, 3, `max does not work on text`, ``}},
		{src: "\xff", want: Error{0, 1, `the expression is not valid UTF-8`, ``}},
	} {
		_, err := Compile(c.src, c.kind)
		var got *Error
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		if diff := cmp.Diff(c.want, *got); diff != "" {
			t.Errorf("%s: %s", c.src, diff)
		}
	}
}

func TestSourcesThatWouldCostTooMuchAreRefused(t *testing.T) {
	nest := func(open, inner, shut string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
	}
	for name, src := range map[string]string{
		"too long":    strings.Repeat("a", maxSource+1),
		"brackets":    nest("[", "", "]", maxSource/2),
		"open ones":   strings.Repeat("[", maxSource),
		"parentheses": strings.Repeat("(", maxSource),
		"braces":      strings.Repeat("{", maxSource),
		"signs":       strings.Repeat("-", maxSource-1) + "a",
		"nots":        strings.Repeat("!", maxSource-1) + "a",
		"members":     "a" + strings.Repeat(".a", maxSource/2-1),
		"sums":        "a" + strings.Repeat("+a", maxSource/2-1),
		"comparisons": nest("a<(", "a", ")<a", 400), // each level doubles the checker's work
		"overloads":   nest("trimPrefix(", "a", ")", 300),
		"sorts":       nest("sort(", "a", ")", 20),
		"dates":       nest("date(", "a", ")", 20),
		"groups":      nest("groupBy(", "a", ",#)", 300),
		"conditions":  nest("a?", "a", ":a", 600),
		"predicates":  nest("map(a,", "#", ")", 400),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Compile(src, Value)
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset+e.Length > len(src) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestReasonableSourcesCompile(t *testing.T) {
	for _, src := range []string{
		"contact.name" + strings.Repeat(` + " " + contact.name`, 80),
		"x in [" + strings.Repeat(`"DE", `, 500) + `"AT"]`,
		strings.Repeat("(", 200) + "a" + strings.Repeat(")", 200),
		strings.Repeat("groupBy(values(", 60) + "a" + strings.Repeat("),#)", 60),
		strings.Repeat("sum(", 100) + "a" + strings.Repeat(",#)", 100),
		"upper(lower(trim(replace(trimPrefix(trimSuffix(a, 'x'), 'y'), 'a', 'b'))))",
		strings.Repeat("a", maxSource),
	} {
		if _, err := Compile(src, Value); err != nil {
			t.Errorf("%.40s: %v", src, err)
		}
	}
}

func TestOnlyKeptFunctionsExist(t *testing.T) {
	want := strings.Fields(`abs all any base64 bitand bitnand bitnot bitor bitshl bitshr bitushr bitxor ceil concat count date digits
		duration filter find findIndex findLast first fixed flatten float floor fromBase64 fromJSON fromPairs get groupBy hasPrefix
		hasSuffix hmac_sha256 indexOf int join json keys last lastIndexOf len lower map mask_email max md5 mean median min none now one
		reduce repeat replace reverse round sha256 slack_escape sort sortBy split splitAfter string sum take timezone toBase64 toJSON
		toPairs trim trimPrefix trimSuffix type uniq upper urlencode uuid5 values`)
	if diff := cmp.Diff(want, functionNames()); diff != "" {
		t.Error(diff)
	}
}

func FuzzCompile(f *testing.F) {
	for _, src := range []string{
		`contact.age > 18 and event.type in ["a"]`, `map(items, {{"s": .sku}}) | filter(.s != nil)`, `let x = date(1); x.Year() ?? 1..3`,
		`a < b < c ?: -x ** 2`, `name[1:-1] matches "^a"`, `::now()`, `reduce(1..9, #acc + #, 0)`, "a\x00", `if a {b} else {c}`, `'\u00ff'`, `$env`, `b'x'`, `((([{`,
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := Compile(src, Value)
		if err != nil {
			checkError(t, src, err)
			return
		}
		if _, err := Compile(src, Bool); err != nil {
			checkError(t, src, err)
		}
		out, err := p.AppendJSON(nil, newScope(sample))
		if err == nil {
			checkJSON(t, out)
		} else if text := err.Error(); len(text) > 300 || strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
			t.Errorf("error %q", text)
		}
	})
}

func checkError(t *testing.T, src string, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T", err)
	}
	if e.Offset < 0 || e.Length < 0 || e.Offset+e.Length > len(src) {
		t.Errorf("place %d+%d of %d", e.Offset, e.Length, len(src))
	}
	if e.Message == "" || strings.ContainsFunc(e.Message+e.Hint, unicode.IsControl) {
		t.Errorf("message %q, hint %q", e.Message, e.Hint)
	}
}
