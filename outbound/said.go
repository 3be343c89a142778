package outbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/expr"
)

// What a delivery says is fixed by an [event.Said]. The standard payload is
// never copied into it: a hole of a name that no secret has stands for it, and
// says how it is written ("standard json", "standard form 0 payload"). So a
// retry splices the same bytes from the event, whatever the configuration says
// by then, and a backlog holds each event once.
const (
	standardJSON = "standard json"
	standardForm = "standard form " // number of the list style, a space, name of the one field
)

const (
	mediaJSON = "application/json"
	mediaForm = "application/x-www-form-urlencoded"
)

// say fixes what a delivery of this webhook says. Errors are mapping failures.
func say(w *Webhook, s *expr.Scope) (*event.Said, error) {
	made := &struct {
		event.Said
		hole [1]event.Hole // of most
	}{Said: event.Said{Method: w.Method, ContentType: mediaJSON}}
	said := &made.Said
	asForm := w.Encoding == Form || w.Method == http.MethodGet
	switch {
	case w.Method == http.MethodGet:
		said.ContentType = ""
	case asForm:
		said.ContentType = mediaForm
	}
	if w.Payload == nil {
		name := standardJSON
		if asForm {
			name = standardForm + strconv.Itoa(int(w.Form.Lists)) + " " + w.Form.Field
		}
		made.hole[0].Secret = name
		said.Holes = made.hole[:]
		return said, nil
	}
	rendered, err := w.Payload.Render(s)
	if err != nil {
		return nil, err
	}
	if asForm {
		said.Payload, said.Holes, err = encodeForm(rendered.JSON, rendered.Holes, w.Form)
		return said, err
	}
	said.Payload = rendered.JSON
	for _, h := range rendered.Holes {
		said.Holes = append(said.Holes, event.Hole{Offset: h.Offset, Secret: h.Secret, Escape: event.JSONText})
	}
	return said, nil
}

// fill is the payload as it is sent now. Errors are mapping failures.
func fill(said *event.Said, e *event.Event, secrets func(string) (string, bool)) ([]byte, error) {
	if len(said.Holes) == 0 {
		return said.Payload, nil
	}
	if len(said.Holes) == 1 && len(said.Payload) == 0 {
		if payload, ok, err := standardPayload(said.Holes[0].Secret, e); ok || err != nil {
			return payload, err
		}
	}
	var out []byte
	last := 0
	for _, h := range said.Holes {
		if h.Offset < last || h.Offset > len(said.Payload) {
			return nil, errors.New("what was said before is not readable: replay the delivery")
		}
		value, ok := secrets(h.Secret)
		if !ok {
			return nil, fmt.Errorf("the payload needs %s, which is no longer in the configuration", h.Secret)
		}
		escaped, err := escape(value, h.Escape)
		if err != nil {
			return nil, fmt.Errorf("%s %w", h.Secret, err)
		}
		out = append(append(out, said.Payload[last:h.Offset]...), escaped...)
		last = h.Offset
	}
	return append(out, said.Payload[last:]...), nil
}

// standardPayload makes the payload that a marker stands for; ok is false if it
// is none.
func standardPayload(marker string, e *event.Event) (payload []byte, ok bool, err error) {
	if marker == standardJSON {
		return spliceStandard(e), true, nil
	}
	rest, ok := strings.CutPrefix(marker, standardForm)
	if !ok {
		return nil, false, nil
	}
	lists, field, _ := strings.Cut(rest, " ")
	style, err := strconv.Atoi(lists)
	if err != nil {
		return nil, false, errors.New("what was said before is not readable: replay the delivery")
	}
	payload, _, err = encodeForm(spliceStandard(e), nil, FormStyle{Lists: ListStyle(style), Field: field})
	return payload, true, err
}

// spliceStandard puts the event's data, byte for byte, into the standard payload.
func spliceStandard(e *event.Event) []byte {
	out := make([]byte, 0, len(e.Data)+len(e.Type)+80)
	out = appendJSON(append(out, `{"type":`...), e.Type)
	out = appendJSON(append(out, `,"timestamp":`...), e.Timestamp())
	out = append(append(out, `,"data":`...), e.Data...)
	return append(out, '}')
}

// escape writes a secret's value the way its place asks for.
func escape(value string, how event.Escape) (string, error) {
	inJSON := how == event.JSONText || how == event.JSONInForm
	if inJSON {
		if !utf8.ValidString(value) {
			return "", errors.New("is not valid UTF-8, as JSON asks for")
		}
		value = inner(quoteJSON(value))
	}
	if how == event.QueryValue || how == event.JSONInForm {
		value = url.QueryEscape(value)
	}
	return value, nil
}

// quoteJSON writes text as a JSON string, without escaping for HTML.
func quoteJSON(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // a string can always be encoded
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// appendJSON appends what quoteJSON writes.
func appendJSON(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(to, quoteJSON(s)...)
		}
	}
	return append(append(append(to, '"'), s...), '"')
}

// inner is a JSON string without its quotes.
func inner(quoted []byte) string { return string(quoted[1 : len(quoted)-1]) }
