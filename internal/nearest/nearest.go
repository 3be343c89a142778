// Package nearest finds the name that somebody may have meant who wrote another one.
package nearest

import (
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

const (
	longest = 200  // bytes of a name: nobody types more
	most    = 1000 // names that are looked at: more take too long
)

// Name is the known name that differs least from the given one, capitals aside: by one
// typing mistake in three letters, two in six, and three in more; the first one of
// several. It is empty if there is none, and where the given name or the list is too
// long to look.
func Name(given string, known []string) string {
	if len(given) > longest || len(known) > most {
		return ""
	}
	given = strings.ToLower(given)
	length := utf8.RuneCountInString(given)
	best, least := "", min((length+2)/3, 3, length-1)+1
	for _, name := range known {
		if d := utf8.RuneCountInString(name) - length; max(d, -d) >= least {
			continue
		}
		if d := mistakes(given, strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// mistakes are letters too many, too few or wrong. Two that changed places are one.
func mistakes(a, b string) int {
	d := levenshtein.Distance(a, b, nil)
	if d == 2 && len(a) == len(b) {
		i := 0
		for a[i] == b[i] {
			i++
		}
		if a[i:i+2] == string([]byte{b[i+1], b[i]}) && a[i+2:] == b[i+2:] {
			return 1
		}
	}
	return d
}
