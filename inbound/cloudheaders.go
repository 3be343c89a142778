package inbound

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const cloudPrefix = "Ce-"

// cloudData reads a CloudEvent in binary mode: its attributes are headers, its
// data is the body from i on.
func (d *decoding) cloudData(i int, h http.Header) int {
	c := &cloudEvent{wrong: func(reason, name, detail string) {
		if name != "" {
			detail = "ce-" + name + ": " + detail
		}
		d.wrong(reason, "", detail)
	}}
	c.headers(h)
	c.missing()
	object, end := d.payload(i, c.media)
	if end < 0 || len(d.faults) > 0 {
		return end
	}
	if len(object) > maxEventBytes {
		return d.stop(d.tooLarge())
	}
	d.items = []Item{c.item(object)}
	return end
}

// payload reads the body as its media type says. i is its first byte that is no
// white space.
func (d *decoding) payload(i int, media string) (object []byte, end int) {
	if sortOf(media) != isJSON {
		object, reason, wrong := carry(media, d.b)
		if len(d.b) == 0 {
			object = asObject(nil)
		}
		if wrong != "" {
			d.wrong(reason, "", wrong)
		}
		return object, len(d.b)
	}
	if i == len(d.b) {
		return asObject(nil), i
	}
	d.limit = i + maxEventBytes
	if end = d.value(i, levelsAt(d.b, i)); end > d.limit {
		return nil, d.stop(d.tooLarge())
	}
	if end < 0 {
		return nil, end
	}
	return asObject(d.b[i:end:end]), end
}

// headers takes the attributes out of the headers of a request.
func (c *cloudEvent) headers(h http.Header) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		lower, ok := strings.CutPrefix(name, cloudPrefix)
		if !ok {
			continue
		}
		lower = strings.ToLower(lower)
		switch value, wrong := headerText(h[name]); {
		case lower == "datacontenttype":
			c.wrong(reasonCloudEvent, lower, "the media type of the data is the Content-Type of the request")
		case wrong != "":
			c.wrong(reasonCloudEvent, lower, wrong)
		default:
			c.text(lower, value)
		}
	}
	if media := h["Content-Type"]; len(media) == 1 {
		c.text("datacontenttype", media[0])
	}
}

// headerText is what a header's lines stand for: a text that may be quoted, with
// bytes that may be percent-encoded.
func headerText(lines []string) (text, wrong string) {
	if len(lines) != 1 {
		return "", "stands there twice"
	}
	text = lines[0]
	if inner, ok := unquoted(text); ok {
		text = inner
	}
	decoded, err := url.PathUnescape(text)
	switch {
	case err != nil:
		return "", "behind '%' stand two hexadecimal digits; a percent sign itself is written %25"
	case !utf8.ValidString(decoded):
		return "", "is not valid UTF-8"
	}
	return decoded, ""
}

// unquoted takes a quoted string of RFC 9110 apart.
func unquoted(s string) (inner string, ok bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' && i+1 < len(s)-1 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), true
}
