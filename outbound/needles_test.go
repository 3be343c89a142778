package outbound

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestNeedlesAreFoundAsOneByOne compares with looking for each needle alone. They
// are of two letters, so that many begin alike, and some with others.
func TestNeedlesAreFoundAsOneByOne(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	letters := func(length int) string {
		b := make([]byte, length)
		for i := range b {
			b[i] = "ab"[random.IntN(2)]
		}
		return string(b)
	}
	nested := 0
	for range 200 {
		found := map[string]bool{}
		for range 30 {
			found[letters(shortestNeedle+random.IntN(6))] = true
		}
		n := newNeedles(found)
		for _, at := range n.within {
			nested += count(at >= 0)
		}
		for range 20 {
			text := letters(random.IntN(60))
			got := map[int]string{}
			n.find([]byte(text), func(from, to int) { got[from] = text[from:to] })
			cut := -1
			for i := range text {
				longest, begun := "", false
				for s := range found {
					if strings.HasPrefix(text[i:], s) && len(s) > len(longest) {
						longest = s
					}
					begun = begun || len(text)-i < len(s) && strings.HasPrefix(s, text[i:])
				}
				if got[i] != longest {
					t.Fatalf("%q has at %d %q, want %q, of %q", text, i, got[i], longest, n.sorted)
				}
				if cut < 0 && begun && len(text)-i >= shortestStart {
					cut = i
				}
			}
			if at := n.cut([]byte(text)); at != cut {
				t.Fatalf("%q is cut at %d, want %d, of %q", text, at, cut, n.sorted)
			}
		}
	}
	if nested == 0 {
		t.Error("no needle began with another one")
	}
}
