package outbound

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
)

const (
	shortestNeedle = shortestScrubbed // bytes
	shortestStart  = 4                // bytes of a needle that the end of a text has cut off
)

// Needles are texts of shortestNeedle bytes or more, all of which are looked for
// at once.
type needles struct {
	sieve   [1 << 10]uint64 // a bit for each hash of the first bytes of a needle
	byStart map[[shortestNeedle]byte][]string
	sorted  []string
	longest int
}

func newNeedles(found map[string]bool) *needles {
	n := &needles{byStart: map[[shortestNeedle]byte][]string{}, sorted: slices.Sorted(maps.Keys(found))}
	for _, s := range n.sorted {
		start := [shortestNeedle]byte([]byte(s))
		n.byStart[start] = append(n.byStart[start], s)
		n.longest = max(n.longest, len(s))
		h := hash(start[:])
		n.sieve[h>>6] |= 1 << (h & 63)
	}
	for _, some := range n.byStart {
		slices.SortFunc(some, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	}
	return n
}

// hash spreads the first four bytes over the bits of a sieve.
func hash(b []byte) uint32 { return binary.LittleEndian.Uint32(b) * 0x9e3779b1 >> 16 }

func (n *needles) maybe(b []byte) bool {
	h := hash(b)
	return n.sieve[h>>6]&(1<<(h&63)) != 0
}

// find calls found for the longest needle at each place where there is one.
func (n *needles) find(text []byte, found func(from, to int)) {
	for i := 0; i+shortestNeedle <= len(text); i++ {
		if !n.maybe(text[i:]) {
			continue
		}
		for _, s := range n.byStart[[shortestNeedle]byte(text[i:])] {
			if bytes.HasPrefix(text[i:], []byte(s)) {
				found(i, i+len(s))
				break
			}
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
		start := string(text[i:])
		if at, _ := slices.BinarySearch(n.sorted, start); at < len(n.sorted) && strings.HasPrefix(n.sorted[at], start) {
			return i
		}
	}
	return -1
}
