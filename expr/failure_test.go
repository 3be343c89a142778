package expr

import (
	"strings"
	"testing"
	"unicode"
)

func TestFailuresSayWhatAndWhere(t *testing.T) {
	check(t, [][2]string{
		{`contact.phone > 18`, `! null and a number can't be compared (?? gives a value in place of null), at > (character 15) in contact.phone > 18`},
		{`contact.email + count`, `! text and a number can't be added, at + (character 15) in contact.email + count`},
		{`lower(contact.phone)`, `! lower wants text, not null, at lower (character 1) in lower(contact.phone)`},
		{`upper(contact.tags)`, `! upper wants text, not a list, at upper (character 1) in upper(contact.tags)`},
		{`!contact.phone`, `! null where true or false is wanted, at ! (character 1) in !contact.phone`},
		{`contact.email and true`, `! text where true or false is wanted, at and (character 15) in contact.email and true`},
		{`contact.email contains count`, `! contains wants text, not a number, at contains (character 15) in contact.email contains count`},
		{`map(contact.phone, .x)`, `! map wants a list, not null, at map (character 1) in map(contact.phone, .x)`},
		{`sort(contact.email)`, `! sort wants a list, not text, at sort (character 1) in sort(contact.email)`},
		{`len(contact.age)`, `! len does not work on a number, at len (character 1) in len(contact.age)`},
		{`sort([contact, 1])`, `! a number and an object can't be compared, at sort (character 1) in sort([contact, 1])`},
		{`"a" in contact.email`, `! in looks into a list or an object, not into text, at in (character 5) in "a" in contact.email`},
		{`int(contact.email)`, `! the text is not an integer, at int (character 1) in int(contact.email)`},
		{`fromJSON(contact.email)`, `! the text is not valid JSON, at fromJSON (character 1) in fromJSON(contact.email)`},
		{`contact.email matches note + "("`, `! the pattern is not a valid one, at matches (character 15) in contact.email matches note + "("`},
		{`contact.email.Format("x")`, `! text has no method Format, at Format (character 15) in contact.email.Format("x")`},
		{`repeat(contact.email, 1000000)`, `! more than 256 KiB comes out, at repeat (character 1) in repeat(contact.email, 1000000)`},
		{`reduce(1..30, #acc + #acc, "x")`, `! more than 256 KiB comes out, at + (character 20) in reduce(1..30, #acc + #acc, "x")`},
		{`replace(repeat("a", 9999), "", repeat("b", 9999))`, `! more than 256 KiB comes out, at replace (character 1) in replace(repeat("a", 9999), "", repeat("b", 9999))`},
		{`map(1..2000, repeat("x", 999))`, `! more than 256 KiB comes out, in map(1..2000, repeat("x", 999))`},
		{`1..(count * 999999)`, `! .. makes more than 100000 numbers, at .. (character 2) in 1..(count * 999999)`},
		{`reduce(1..1000, [#acc])`, `! the result is nested too deeply, in reduce(1..1000, [#acc])`},
		{`reduce(1..1000, [#acc]) == reduce(1..1000, [#acc])`, `! what is compared is nested too deeply, at == (character 25) in reduce(1..1000, [#acc]) == reduce(1..1000, [#acc])`},
		{`take(items, -1)`, `! take wants an integer from 0 on, at take (character 1) in take(items, -1)`},
		{`"Å" + (contact.phone + 1)`, `! null and a number can't be added (?? gives a value in place of null), at + (character 22) in "Å" + (contact.phone + 1)`},
	})
}

func TestFailuresAreInert(t *testing.T) {
	data := `{"v": "s3cret\u001b[31m\n", "n": null}`
	long := `"` + strings.Repeat("ä", 500) + `" + n +` + "\n\n" + `"` + strings.Repeat("b", 500) + `"`
	for _, src := range []string{
		`v + 1`, `int(v)`, `float(v)`, `date(v)`, `date(v, v)`, `duration(v)`, `timezone(v)`, `v > 1`, `v and true`, `take(v, 1)`, `reverse(v)`, `sum([v, 1])`,
		`max([v])`, `fromBase64(v)`, `fromJSON(v)`, `v matches v + "["`, `sort([v, 1])`, `bitand(v, 1)`, `groupBy([v], [v])`, `fromPairs([v])`, `{(n): v}`, `v ? 1 : 2`, long,
	} {
		p := mustCompile(t, src, Value)
		_, err := p.AppendJSON(nil, newScope(data))
		if err == nil {
			t.Errorf("%.40s: no error", src)
			continue
		}
		if text := err.Error(); strings.Contains(text, "s3cret") || strings.ContainsFunc(text, unicode.IsControl) || len(text) > 300 {
			t.Errorf("%.40s: %q", src, text)
		}
	}
}
