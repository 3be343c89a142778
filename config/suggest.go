package config

import (
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
)

// suggest asks "Did you mean …?" if a known name is within two typing mistakes
// of the given one, and otherwise says nothing.
func suggest(given string, known []string) string {
	best, least := "", 3
	for _, name := range slices.Sorted(slices.Values(known)) {
		if d := levenshtein.Distance(given, name, nil); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("Did you mean %q?", best)
}

// oneOf lists choices: a, b or c.
func oneOf(choices []string) string {
	switch n := len(choices); n {
	case 0:
		return ""
	case 1:
		return choices[0]
	default:
		text := choices[0]
		for _, c := range choices[1 : n-1] {
			text += ", " + c
		}
		return text + " or " + choices[n-1]
	}
}
