package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	near "github.com/posternhq/postern/internal/nearest"
)

// maxNames is among how many names one is looked for, or shown.
const maxNames = 1000

// namesOf are the keys of a map; nil if there are too many of them to help.
func namesOf[V any](m map[string]V) []string {
	if len(m) > maxNames {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}

// suggest asks "Did you mean …?" if a known name is near the given one, and
// otherwise says nothing.
func suggest(given string, known []string) string {
	if name := nearest(given, known); name != "" {
		return fmt.Sprintf("Did you mean %q?", name)
	}
	return ""
}

// nearest is the known name that is nearest to the given one, or else the only one
// that begins or ends with it. It is empty if there is none.
func nearest(given string, known []string) string {
	if best := near.Name(given, slices.Sorted(slices.Values(known))); best != "" || len(given) < 4 || len(known) > maxNames {
		return best
	}
	given = strings.ToLower(given)
	part := func(name string) bool {
		name = strings.ToLower(name)
		return !strings.HasPrefix(name, given) && !strings.HasSuffix(name, given)
	}
	if parts := slices.DeleteFunc(slices.Clone(known), part); len(parts) == 1 {
		return parts[0]
	}
	return ""
}

// suggestOr is suggest, or else what there is to choose from.
func suggestOr(given string, known []string, there string) string {
	if advice := suggest(given, known); advice != "" || len(known) == 0 || len(known) > maxNames {
		return advice
	}
	return there + " " + and(slices.Sorted(slices.Values(known))) + "."
}

// oneOf lists choices: a, b or c.
func oneOf(choices []string) string { return enumerated(choices, " or ") }

// and lists things: a, b and c.
func and(things []string) string { return enumerated(things, " and ") }

func enumerated(things []string, last string) string {
	n := len(things)
	if most := 20; n > most {
		return fmt.Sprintf("%s and %d more", strings.Join(things[:most], ", "), n-most)
	}
	if n < 2 {
		return strings.Join(things, "")
	}
	return strings.Join(things[:n-1], ", ") + last + things[n-1]
}
