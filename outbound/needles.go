package outbound

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"sort"
)

const (
	shortestNeedle = shortestScrubbed // bytes
	shortestStart  = 4                // bytes of a needle that the end of a text has cut off
)

// Needles are texts of shortestNeedle bytes or more, all of which are looked for
// at once. Many of them may begin alike, as URLs do: what a place of a text costs
// grows with the logarithm of their number.
type needles struct {
	sieve   [1 << 10]uint64 // a bit for each hash of the first bytes of a needle
	sorted  []string
	within  []int // of each: the longest other one that it begins with; -1: none
	longest int
}

func newNeedles(found map[string]bool) *needles {
	n := &needles{sorted: slices.Sorted(maps.Keys(found)), within: make([]int, len(found))}
	for i, s := range n.sorted {
		n.within[i] = n.beginning(i-1, []byte(s))
		n.longest = max(n.longest, len(s))
		h := hash([]byte(s))
		n.sieve[h>>6] |= 1 << (h & 63)
	}
	return n
}

// hash spreads the first four bytes over the bits of a sieve.
func hash(b []byte) uint32 { return binary.LittleEndian.Uint32(b) * 0x9e3779b1 >> 16 }

func (n *needles) maybe(b []byte) bool {
	h := hash(b)
	return n.sieve[h>>6]&(1<<(h&63)) != 0
}

// behind is the first needle that stands behind a text in their order.
func (n *needles) behind(text []byte) int {
	return sort.Search(len(n.sorted), func(i int) bool { return n.sorted[i] > string(text) })
}

// beginning is the longest needle that a text begins with; -1: none. at is the
// last one that is not behind the text: it begins with all that the text begins
// with.
func (n *needles) beginning(at int, text []byte) int {
	for at >= 0 && !bytes.HasPrefix(text, []byte(n.sorted[at])) {
		at = n.within[at]
	}
	return at
}

// find calls found for the longest needle at each place where there is one.
func (n *needles) find(text []byte, found func(from, to int)) {
	for i := 0; i+shortestNeedle <= len(text); i++ {
		if !n.maybe(text[i:]) {
			continue
		}
		if at := n.beginning(n.behind(text[i:])-1, text[i:]); at >= 0 {
			found(i, i+len(n.sorted[at]))
		}
	}
}

// cut is where a needle begins of which the text has no more than the start; -1:
// there is none.
func (n *needles) cut(text []byte) int {
	for i := max(0, len(text)-n.longest+1); i+shortestStart <= len(text); i++ {
		if !n.maybe(text[i:]) {
			continue
		}
		if at := n.behind(text[i:]); at < len(n.sorted) && bytes.HasPrefix([]byte(n.sorted[at]), text[i:]) {
			return i
		}
	}
	return -1
}
