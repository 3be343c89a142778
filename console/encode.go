package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
)

// Encode writes v as the API does: JSON, indented by two spaces, in which every
// character that a terminal or a browser could obey is a \u escape. The text it
// decodes to is unchanged.
func Encode(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(escape(text), '\n'))
	return err
}

// escape writes what encoding/json leaves as it is. Such characters stand in
// strings only, so the JSON stays what it was.
func escape(b []byte) []byte {
	obeyed := func(r rune) bool { return r >= 0x7f && active(r) }
	if bytes.IndexFunc(b, obeyed) < 0 {
		return b
	}
	var out bytes.Buffer
	for _, r := range string(b) {
		if obeyed(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}

// active tells whether a character does something instead of being seen: it
// controls a terminal, breaks a line, or changes the direction of writing.
func active(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\ufeff'
}
