package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agext/levenshtein"
	"github.com/expr-lang/expr/file"
)

// maxSource is how many bytes a source may have.
const maxSource = 4 << 10

// A source is the text of an expression.
type source string

// whole is an error about all of it.
func (s source) whole(message, hint string) *Error {
	return &Error{Length: len(s), Message: message, Hint: hint}
}

// at is an error about a place that expr-lang gives, in characters.
func (s source) at(place file.Location, message, hint string) *Error {
	from := runeOffset(string(s), place.From)
	to := max(from, runeOffset(string(s), place.To))
	return &Error{Offset: from, Length: to - from, Message: message, Hint: hint}
}

// token is what stands at a place.
func (s source) token(place file.Location) string {
	e := s.at(place, "", "")
	return string(s[e.Offset : e.Offset+e.Length])
}

// excerpt is the source around a place, on one line and at most 80 bytes or so.
func (s source) excerpt(place file.Location) string {
	const before, length = 24, 72
	text := string(s)
	at := runeOffset(text, place.From)
	from, to := 0, len(text)
	if to > length {
		from = max(0, min(at-before, to-length))
		to = from + length
	}
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	line := oneLine(text[from:to])
	if from > 0 {
		line = "…" + line
	}
	if to < len(text) {
		line += "…"
	}
	return line
}

// oneLine makes text inert: white space is a blank, what does not print is left out.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
}

// suggest is a hint at the nearest name, if one is near.
func suggest(name string, names []string) string {
	if like := nearest(name, names); like != "" {
		return `did you mean "` + like + `"?`
	}
	return ""
}

// nearest is empty when no name is near.
func nearest(name string, names []string) string {
	length := utf8.RuneCountInString(name)
	far := min((length+2)/3, length-1) // a name is not near that shares nothing with it
	if length > 64 {
		return ""
	}
	like, least := "", far+1
	for _, candidate := range names {
		if d := utf8.RuneCountInString(candidate) - length; max(d, -d) >= least {
			continue
		}
		if d := levenshtein.Distance(strings.ToLower(name), strings.ToLower(candidate), nil); d < least {
			like, least = candidate, d
		}
	}
	return like
}
