package config

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// maxAllocated is how many bytes a load may take in all, whatever it is given:
// what is collected on the way counts as well, so that it bounds the time too.
const maxAllocated = 1 << 30

// allocated runs work and tells how many bytes it has taken.
func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// chain are locals that each make more of the one before.
func chain(first, next string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "locals {\n  l0 = %s\n", first)
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&b, "  l%d = %s\n", i, strings.ReplaceAll(next, "BEFORE", fmt.Sprintf("local.l%d", i-1)))
	}
	return b.String() + "}\n" + withPayload("{ a = local.l59 }", "")
}

// loops are fors in one another, ten times each.
func loops(depth int, open, inner, end string) string {
	return strings.Repeat(open, depth) + inner + strings.Repeat(end, depth)
}

func TestWhatGrowsIsStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long with -race, which finds nothing on one goroutine")
	}
	ten := "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
	ones := "[" + strings.Repeat("1,", 20_000) + "]"
	many := func(n int, webhook string) (text string) {
		for i := range n {
			text += fmt.Sprintf("webhook \"w%d\" {\n  url = \"https://h\"\n  events = [\"*\"]\n  %s\n}\n", i, webhook)
		}
		return text
	}
	tests := map[string]string{
		"texts that double":      chain(`"ha"`, `"${BEFORE}${BEFORE}"`),
		"texts in a function":    chain(`"ha"`, `upper("${BEFORE}${BEFORE}${BEFORE}")`),
		"formats that double":    chain(`"ha"`, `format("%s%s", BEFORE, BEFORE)`),
		"joins that double":      chain(`"ha"`, `join(BEFORE, [BEFORE, BEFORE])`),
		"JSON that escapes":      chain(`"\""`, `jsonencode(BEFORE)`),
		"base64 of base64":       chain(`"ha"`, `base64encode("${BEFORE}${BEFORE}")`),
		"lists of lists":         chain(`["ha"]`, `[BEFORE, BEFORE]`),
		"merges of merges":       chain(`{}`, `merge({ a = BEFORE }, { b = BEFORE })`),
		"fors of fors":           chain(`[1]`, `[for x in `+ten+` : BEFORE]`),
		"numbers that multiply":  chain(`10`, `BEFORE * BEFORE`),
		"a for in a for":         withPayload("{ a = "+loops(8, "[for x in "+ten+" : ", "1", "]")+" }", ""),
		"a for that keeps none":  withPayload("{ a = "+loops(8, "[for x in "+ten+" : ", "1 if false", "]")+" }", ""),
		"texts in a for":         withPayload("{ a = "+loops(7, `join("", [for x in `+ten+" : ", `"`+strings.Repeat("x", 1000)+`"`, "])")+" }", ""),
		"directives":             withPayload(`{ a = "`+loops(8, "%{ for x in "+ten+" }", "x", "%{ endfor }")+`" }`, ""),
		"a wide format":          withPayload(`{ a = format("%999999999s", "a") }`, ""),
		"a precise format":       withPayload(`{ a = format("%.99999999999999999999f", 1) }`, ""),
		"a separator":            withPayload(`{ a = join("`+strings.Repeat("-", 1000)+`", `+ones+`) }`, ""),
		"a payload of many":      "mapping \"m\" {\n  fields = { a = " + ones + " }\n}\n" + many(200, "payload = mapping.m"),
		"defaults of many":       "defaults {\n  payload = { a = " + ones + " }\n}\n" + many(200, ""),
		"headers of many":        "locals {\n  h = { for i in " + ones + " : \"h\" => \"x\"... }\n}\n" + many(200, "headers = local.h"),
		"concats of one list":    "locals {\n  l = " + ones + "\n}\n" + withPayload("{ a = concat("+strings.Repeat("local.l,", 200)+"[]) }", ""),
		"arguments of one list":  "locals {\n  l = " + ones + "\n}\n" + withPayload("{ a = ["+strings.Repeat("jsonencode(local.l),", 200)+"] }", ""),
		"references to one list": "locals {\n  l = " + ones + "\n}\n" + withPayload("{ a = ["+strings.Repeat("upper(local.l[0]),", 5000)+"] }", ""),
		"namespaces":             withPayload("{ a = a"+strings.Repeat("::a", 200)+"(1) }", ""),
		"unknown among many":     "locals {\n" + manyLocals(5_000) + "}\n",
		"itself":                 "locals {\n  a = [local.a]\n}\n",
	}
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		var ds Diagnostics
		if taken := allocated(func() { _, ds = load(fileOf(tests[name]), testInputs()) }); taken > maxAllocated {
			t.Errorf("%s: takes %d MiB", name, taken>>20)
		}
		told := "taken as it is\n"
		if len(ds) > 0 {
			told = ds[0].Summary + "\n"
		}
		all.WriteString(name + ": " + told)
	}
	golden(t, "testdata/grown.txt", all.String())
}

func manyLocals(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  a%d = local.b%d\n", i, i)
	}
	return b.String()
}

// The scanner makes no more tokens than there are signs: what is counted cheaply
// bounds what it takes.
func FuzzSigns(f *testing.F) {
	f.Add([]byte("a = \"x ${b-c} 1.5e3\"\r\n\t# é 世\n"))
	f.Add([]byte("<<EOT\n$ {%\nEOT\n::...==>"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if badUTF8(text) >= 0 {
			t.Skip()
		}
		tokens, _ := hclsyntax.LexConfig(text, "", hcl.InitialPos)
		if most := signs(text) + 2; len(tokens) > most { // and the end of the file, and that of a text
			t.Errorf("%q: %d tokens of %d", text, len(tokens), most)
		}
	})
}

func TestWeightStopsAtTheMost(t *testing.T) {
	list := cty.TupleVal([]cty.Value{cty.StringVal("abc"), cty.NumberIntVal(1), cty.NullVal(cty.String), cty.UnknownVal(cty.String)})
	if got, want := weigh(list.Mark(fromEvent{}), maxWork), 29*valueWork+3; got != want {
		t.Errorf("weight %d, want %d", got, want)
	}
	if got := weigh(list, 40); got > 10*valueWork+3 {
		t.Errorf("weight %d", got)
	}
}
