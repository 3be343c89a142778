package expr

import (
	"math"
	"math/big"
	"testing"
)

func TestNumbersAreExact(t *testing.T) {
	const tooLarge, outsized = "! the result is too large a number, at ", "! the event has a number here that is too large to compute with, at "
	check(t, [][2]string{
		{`order.id + 1`, `820982911946154509`}, {`order.id == 820982911946154508`, `true`}, {`order.id == 820982911946154509`, `false`},
		{`order.id > 820982911946154507`, `true`}, {`order.id in [820982911946154508]`, `true`},
		{`order.id in [820982911946154509]`, `false`}, {`string(order.id)`, `"820982911946154508"`},
		{`order.max + 1`, tooLarge + `+ (character 11) in order.max + 1`},
		{`order.max * 2`, tooLarge + `* (character 11) in order.max * 2`},
		{`order.min - 1`, tooLarge + `- (character 11) in order.min - 1`},
		{`-order.min`, tooLarge + `- (character 1) in -order.min`},
		{`abs(order.min)`, tooLarge + `abs (character 1) in abs(order.min)`},
		{`sum([order.max, 1])`, tooLarge + `sum (character 1) in sum([order.max, 1])`},
		{`reduce([order.max, 1], #acc + #)`, tooLarge + `+ (character 29) in reduce([order.max, 1], #acc + #)`},
		{`9223372036854775807 + 1`, tooLarge + `+ (character 21) in 9223372036854775807 + 1`},
		{`order.min + order.max`, `-1`}, {`order.min / 1`, `! an integer this large loses digits in a computation with fractions, at / (character 11) in order.min / 1`},
		{`order.id + 0.5`, `! an integer this large loses digits in a computation with fractions, at + (character 10) in order.id + 0.5`},
		{`order.id > 820982911946154507.5`, `true`}, {`order.max < 9223372036854775808.0`, `true`},
		{`3 ** 39`, `4052555153018976267`}, {`3 ** 40`, tooLarge + `** (character 3) in 3 ** 40`}, {`(-2) ** 63`, `-9223372036854775808`}, {`2 ** -1`, `0.5`},
		{`2 ^ 10`, `1024`}, {`1 / 2`, `0.5`}, {`7 % 4`, `3`}, {`-7 % 4`, `-3`},
		{`1 / 0`, `! division by zero, at / (character 3) in 1 / 0`}, {`1 % (count - 3)`, `! division by zero, at % (character 3) in 1 % (count - 3)`},
		{`1e308 * 10`, tooLarge + `* (character 7) in 1e308 * 10`}, {`float("inf")`, tooLarge + `float (character 1) in float("inf")`},
		{`float("nan")`, `! the text is not a number, at float (character 1) in float("nan")`},
		{`int(1e30)`, tooLarge + `int (character 1) in int(1e30)`}, {`int("9223372036854775808")`, tooLarge + `int (character 1) in int("9223372036854775808")`},
		{`int(" 12 ")`, `12`}, {`int(12.9)`, `12`}, {`round(12.5)`, `13`}, {`floor(order.total)`, `4999`}, {`ceil(0.5)`, `1`},
		{`order.total * 2`, `9998`}, {`order.total / 100`, `49.99`}, {`order.rate + 0`, `100`}, {`0.1 + 0.2`, `0.30000000000000004`},
		{`mean([1, 2])`, `1.5`}, {`max(count, 4)`, `4`},
		// too large a number can be passed on, but not computed with
		{`[contact.big, contact.huge]`, `[99999999999999999999,1e400]`}, {`contact.vip ? contact.big : 0`, `99999999999999999999`},
		{`contact.big + 1`, outsized + `+ (character 13) in contact.big + 1`},
		{`contact.big == 1`, outsized + `== (character 13) in contact.big == 1`},
		{`contact.huge > 1`, outsized + `> (character 14) in contact.huge > 1`},
		{`contact.big in [1]`, outsized + `in (character 13) in contact.big in [1]`},
		{`max(1, contact.big)`, outsized + `max (character 1) in max(1, contact.big)`},
		{`-contact.big`, outsized + `- (character 1) in -contact.big`}, {`round(contact.huge)`, outsized + `round (character 1) in round(contact.huge)`},
		{`contact.big == nil`, `false`}, {`contact.big ?? 1`, `99999999999999999999`},
		{`[contact] == [contact]`, outsized + `== (character 11) in [contact] == [contact]`},
	})
}

func FuzzIntegersAreExactOrRefused(f *testing.F) {
	edges := []int{0, 1, -1, 2, 3, 63, math.MaxInt, math.MinInt, math.MaxInt - 1, math.MinInt + 1, 1 << 31, 1 << 32, -1 << 32, 3037000500}
	for _, x := range edges {
		for _, y := range edges {
			f.Add(x, y)
		}
	}
	ops := map[string]struct {
		ours func(a, b any) (any, error)
		want func(x, y *big.Int) *big.Int
	}{
		"+": {plus, func(x, y *big.Int) *big.Int { return new(big.Int).Add(x, y) }},
		"-": {subtract, func(x, y *big.Int) *big.Int { return new(big.Int).Sub(x, y) }},
		"*": {multiply, func(x, y *big.Int) *big.Int { return new(big.Int).Mul(x, y) }},
		"**": {power, func(x, y *big.Int) *big.Int {
			if y.Sign() < 0 || y.Cmp(big.NewInt(200)) > 0 {
				return nil
			}
			return new(big.Int).Exp(x, y, nil)
		}},
	}
	f.Fuzz(func(t *testing.T, x, y int) {
		for name, op := range ops {
			want := op.want(big.NewInt(int64(x)), big.NewInt(int64(y)))
			if want == nil {
				continue
			}
			got, err := op.ours(x, y)
			switch {
			case want.IsInt64() && (err != nil || got != int(want.Int64())):
				t.Errorf("%d %s %d: got %v, %v, want %s", x, name, y, got, err, want)
			case !want.IsInt64() && err != errOverflow:
				t.Errorf("%d %s %d: got %v, %v, want an error", x, name, y, got, err)
			}
		}
	})
}

func FuzzComparingIsExact(f *testing.F) {
	f.Add(math.MaxInt, float64(math.MaxInt))
	f.Add(math.MinInt, float64(math.MinInt))
	f.Add(9007199254740993, 9007199254740992.0)
	f.Add(0, 0.5)
	f.Add(0, -0.5)
	f.Add(1, math.Inf(1))
	f.Fuzz(func(t *testing.T, n int, g float64) {
		if math.IsNaN(g) {
			return
		}
		want := new(big.Float).SetPrec(200).SetInt64(int64(n)).Cmp(new(big.Float).SetPrec(200).SetFloat64(g))
		if got, err := compare(n, g); err != nil || got != want {
			t.Errorf("%d and %g: got %d, %v, want %d", n, g, got, err, want)
		}
		if got, err := compare(g, n); err != nil || got != -want {
			t.Errorf("%g and %d: got %d, %v, want %d", g, n, got, err, -want)
		}
	})
}
