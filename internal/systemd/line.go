package systemd

import (
	"strings"
	"unicode/utf8"

	"github.com/posternhq/postern/internal/inert"
)

// longest is how much of a status is said; a terminal shows about two lines of it.
const longest = 240

// line makes a status of any text: one line, without what moves a terminal.
func line(text string) string {
	text = inert.Text(strings.TrimSpace(text))
	if len(text) <= longest {
		return text
	}
	cut := longest
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
