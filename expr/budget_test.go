package expr

import (
	"strings"
	"testing"
	"time"
)

// stopped is a clock that does not go: what ends, ends by its steps.
func stopped() time.Time { return time.Unix(0, 0) }

func TestRunawaysEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long with -race, which finds nothing on one goroutine")
	}
	steps, output, memory := "it takes more than 1000000 steps", "more than 256 KiB comes out", "it makes more than 8 MiB of values"
	long := strings.Repeat("a", 900_000)
	data := `{"long": "` + long + `", "many": [` + strings.Repeat("true,", 150_000) + `true], "texts": [` + strings.Repeat(`"`+strings.Repeat("ab ", 60)+`",`, 999) + `"c"]}`
	doubled, last := "let a = [1, 1]; ", "a"
	for range 40 {
		doubled += "let " + last + "a = [" + last + ", " + last + "]; "
		last += "a"
	}
	s := NewScopeWithin(Event{Time: "2026-06-17T04:00:00Z", Data: []byte(data)}, Budget{Clock: stopped})
	for _, c := range [][2]string{
		{`count(1..100000, any(1..100000, # < 0))`, steps},
		{`map(1..100000, sum(map(1..100000, 1)))`, `it makes more than 200000 items`},
		{`count(many, count(many, true) > 0)`, steps}, {`count(many, count(many) > 0)`, steps}, {`count(many, sum([1, 2]) < count(many))`, steps},
		{`1..1000000000`, `.. makes more than 100000 numbers`}, {`0 - 9223372036854775807..9223372036854775807`, `.. makes more than 100000 numbers`},
		{`reduce(1..100000, #acc + "xxxxxxxxxxxxxxxx", "")`, memory}, {`let a = repeat("x", 200000); let b = a + a; b + b`, output}, {`reduce(1..30, #acc + #acc, "x")`, output},
		{`map(1..1000, repeat("x", 200000))`, memory}, {`map(1..100000, upper(long[:99999]))`, memory}, {`map(1..100000, lower(long))`, output},
		{`map(1..100000, string(texts))`, memory}, {`map(1..100000, toJSON(texts))`, memory}, {`map(1..100000, fromJSON(json(texts)))`, memory},
		{`replace(long, "", "bbbbbbbb")`, output}, {`replace(long[:250000], "a", "bbbbbbbb")`, output}, {`join(map(1..100000, "0123456789"))`, output},
		{`split(long, "")`, `it makes a list of more than 100000 items`}, {`count(1..100000, len(split(texts[0], " ")) == 0)`, memory},
		{`base64(repeat("x", 250000))`, output}, {`urlencode(repeat(" ", 100000))`, output}, {`slack_escape(repeat("<", 100000))`, output}, {`json(repeat("\u0001", 100000))`, output},
		{`long matches "(a|b|c|ab|bc|ca){1,60}$"`, steps}, {`count(1..100000, long matches "b$")`, steps}, {`count(1..100000, texts[0] matches "(.*x){9}" + string(#))`, steps},
		{`texts[0] matches "((a{1,30}){1,30}){1,30}" + ""`, `the pattern is not a valid one`}, {`texts[0] matches "(a{1,999}b{1,999}c{1,999})" + ""`, `the pattern is too large`},
		{`count(1..100000, long contains "b")`, steps}, {`count(1..100000, long[5:9] == "")`, steps}, {`count(1..100000, sha256(long) == "")`, steps}, {`count(1..100000, len(long) == 0)`, steps},
		{`count(1..100000, long + "a" == long)`, output}, {`count(1..1000, texts == texts[0:] and false)`, steps}, {`count(1..100000, # in 200000..299999)`, steps}, {`uniq(1..100000)`, steps},
		{`count(1..1000, sort(texts)[0] == "")`, steps}, {`count(1..100000, sortBy(texts, len(#))[0] == "")`, `it makes more than 200000 items`}, {`count(1..100000, reverse(texts)[0] == "")`, memory},
		{`concat(many, many)`, `it makes a list of more than 100000 items`}, {`reduce(1..100000, concat(#acc, #acc), [1])`, `it makes a list of more than 100000 items`}, {`flatten(map(1..1000, 1..1000))`, memory},
		{`map(1..100000, {{"a": [#]}})`, `it makes more than 200000 items`}, {`map(1..100000, [[]])`, `it makes more than 200000 items`},
		{`count(1..100000, timezone("Europe/Berlin") == nil)`, steps}, {`count(1..100000, int(long[:3]) == 1)`, `the text is not an integer`}, {`now().Format(long)`, output},
		{doubled + last + ` == ` + last + `[0:]`, steps}, {doubled + `json(` + last + `)`, output}, {doubled + `flatten(` + last + `)`, `it makes a list of more than 100000 items`}, {doubled + `max(` + last + `)`, steps},
		{strings.ReplaceAll(doubled, "1, 1", "") + last, output}, {strings.ReplaceAll(doubled, "[1, 1]", "{}") + `string(` + last + `)`, output},
		{`flatten(reduce(1..1000, [#acc]))`, `the list is nested too deeply`}, {`max(reduce(1..1000, [#acc]))`, `the list is nested too deeply`},
	} {
		t.Run(c[0], func(t *testing.T) {
			_, err := mustCompile(t, c[0], Value).AppendJSON(nil, s)
			if err == nil || !strings.HasPrefix(err.Error(), c[1]) {
				t.Errorf("got %v, want %s", err, c[1])
			}
		})
	}
}

func TestTimeIsLookedAtInLoops(t *testing.T) {
	for src, want := range map[string]string{
		`count(1..9000, # > 0)`: `it takes longer than 5ms, at count (character 1) in count(1..9000, # > 0)`,
		`uniq(1..200)`:          `it takes longer than 5ms, at uniq (character 1) in uniq(1..200)`,
		`count(1..3000, # > 0)`: ``,
	} {
		now := time.Unix(0, 0)
		clock := func() time.Time { now = now.Add(time.Millisecond); return now }
		_, err := mustCompile(t, src, Value).AppendJSON(nil, NewScopeWithin(Event{}, Budget{Time: 5 * time.Millisecond, Clock: clock}))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
	}
}

func TestABudgetIsForOneEvaluation(t *testing.T) {
	s := NewScopeWithin(Event{}, Budget{Steps: 1500, Clock: stopped})
	p := mustCompile(t, `count(1..500, true)`, Value)
	for range 5 {
		if out, err := p.AppendJSON(nil, s); err != nil || string(out) != "500" {
			t.Errorf("%s, %v", out, err)
		}
	}
}

func TestASharedBudgetLeavesEnoughForTheOthers(t *testing.T) {
	now := time.Unix(0, 0)
	s := NewScopeWithin(Event{}, Budget{Shared: true, Clock: func() time.Time { now = now.Add(100 * time.Microsecond); return now }})
	greedy, modest := mustCompile(t, `any(1..100000, any(1..100000, # < 0))`, Bool), mustCompile(t, `any(1..99, # > 98)`, Bool)
	for i := range 8 {
		if _, err := greedy.Bool(s); err == nil || !strings.HasPrefix(err.Error(), "it takes ") {
			t.Errorf("%d: the greedy one: %v", i, err)
		}
		if ok, err := modest.Bool(s); err != nil || !ok {
			t.Errorf("%d: the modest one: %v, %v", i, ok, err)
		}
	}
	if s.budget.Steps > maxSteps/200 || s.budget.Steps < 0 || s.budget.Time >= maxTime || s.budget.Time < 0 {
		t.Errorf("left: %d steps, %s", s.budget.Steps, s.budget.Time)
	}
}

func TestTheSameEventAlwaysCostsTheSame(t *testing.T) {
	src := `{"a": map(items, upper(.sku)), "b": items == data.items, "c": sort(values(items[0]) | map(string(#))), "d": toJSON(data), "e": groupBy(items, .q)}`
	p := mustCompile(t, src, Value)
	want := 0
	for range 20 {
		s := NewScopeWithin(newScope(sample).e, Budget{Clock: stopped})
		if _, err := p.AppendJSON(nil, s); err != nil {
			t.Fatal(err)
		}
		if got := s.meter.granted - s.meter.steps; want != 0 && got != want {
			t.Errorf("%d steps, then %d", want, got)
		} else {
			want = got
		}
	}
}

func TestHonestWorkFitsTheBudget(t *testing.T) {
	for _, src := range []string{
		`count(1..100000, # > 0)`, `sum(1..100000)`, `len(1..100000)`, `sort(reverse(1..20000))[0]`, `sum(map(filter(1..30000, # % 2 == 0), # * 2))`,
		`len(join(map(1..20000, string(#)), ","))`, `count(split(repeat("a b ", 20000), " "), # == "a")`, `repeat("ab", 100000) matches "^[ab]+$"`, `len(upper(repeat("ä", 100000)))`,
	} {
		s := NewScopeWithin(Event{}, Budget{Clock: stopped})
		if _, err := mustCompile(t, src, Value).AppendJSON(nil, s); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}
