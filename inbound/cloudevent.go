package inbound

import (
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/posternhq/postern/event"
)

// A cloudEvent is one that is being read, in whatever mode.
type cloudEvent struct {
	id, source, typ, time string
	version               string
	media                 string // datacontenttype
	given                 []string
	parent, state         string // of the extension for tracing
	attributes            []byte // what event.Cloud keeps, without the closing brace

	wrong func(reason, name, detail string) // adds a fault of an attribute
}

// An attribute is one that CloudEvents 1.0 knows. All of them are strings.
type attribute struct {
	reason string
	wrong  func(string) string // empty: nothing
	kept   bool                // among what event.Cloud keeps
	in     func(*cloudEvent) *string
}

var attributes = map[string]attribute{
	"specversion":     {reasonCloudEvent, wrongVersion, false, func(c *cloudEvent) *string { return &c.version }},
	"id":              {reasonID, event.WrongCloudID, false, func(c *cloudEvent) *string { return &c.id }},
	"source":          {reasonSource, wrongCloudSource, false, func(c *cloudEvent) *string { return &c.source }},
	"type":            {reasonType, event.WrongType, false, func(c *cloudEvent) *string { return &c.typ }},
	"time":            {reasonTime, event.WrongTime, false, func(c *cloudEvent) *string { return &c.time }},
	"subject":         {reasonCloudEvent, wrongEmpty, true, nil},
	"dataschema":      {reasonCloudEvent, wrongURI, true, nil},
	"datacontenttype": {reasonCloudEvent, wrongMediaType, true, func(c *cloudEvent) *string { return &c.media }},
}

var required = []string{"specversion", "id", "source", "type"}

// text takes an attribute that is a string.
func (c *cloudEvent) text(name, value string) {
	c.given = append(c.given, name)
	if wrong := event.WrongAttribute(name); wrong != "" {
		c.wrong(reasonCloudEvent, name, wrong)
		return
	}
	known, ok := attributes[name]
	if !ok {
		known = attribute{reason: reasonCloudEvent, kept: true, wrong: func(string) string { return "" }}
	}
	wrong := known.wrong(value)
	if wrong == "" && strings.IndexFunc(value, unicode.IsControl) >= 0 {
		wrong = name + " has no control characters"
	}
	if wrong != "" {
		c.wrong(known.reason, name, wrong)
		return
	}
	if known.in != nil {
		*known.in(c) = value
	}
	switch name {
	case "traceparent":
		c.parent = value
	case "tracestate":
		c.state = value
	}
	if known.kept {
		c.keep(name, quoted(value))
	}
}

// literal takes an attribute that is a JSON value of another kind. null is as if
// it had not been given.
func (c *cloudEvent) literal(name string, value []byte) {
	if string(value) == "null" {
		return
	}
	c.given = append(c.given, name)
	_, known := attributes[name]
	whole := !strings.ContainsAny(string(value), ".eE") && strings.IndexByte("-0123456789", value[0]) >= 0
	switch {
	case known:
		c.wrong(attributes[name].reason, name, fmt.Sprintf("%s is a string, not %s", name, kind(value)))
	case event.WrongAttribute(name) != "":
		c.wrong(reasonCloudEvent, name, event.WrongAttribute(name))
	case value[0] == 't' || value[0] == 'f' || whole:
		c.keep(name, value)
	default:
		c.wrong(reasonCloudEvent, name, fmt.Sprintf("an extension is a string, a boolean or a whole number, not %s; what is more goes into data", kindOrFraction(value)))
	}
}

func kindOrFraction(value []byte) string {
	if k := kind(value); k != "a number" {
		return k
	}
	return "a fraction"
}

func (c *cloudEvent) keep(name string, value []byte) {
	between := byte(',')
	if c.attributes == nil {
		between = '{'
	}
	c.attributes = append(c.attributes, between, '"')
	c.attributes = append(c.attributes, name...)
	c.attributes = append(c.attributes, '"', ':')
	c.attributes = append(c.attributes, value...)
}

// missing adds a fault for each required attribute that was not given.
func (c *cloudEvent) missing() {
	for _, name := range required {
		if !slices.Contains(c.given, name) {
			c.wrong(attributes[name].reason, "", name+" is missing")
		}
	}
}

// item is the event with its data.
func (c *cloudEvent) item(data []byte) (item Item) {
	if c.attributes == nil {
		c.attributes = []byte{'{'}
	}
	e := &item.Event
	e.ID, e.Type, e.Time, e.Source, e.Data = event.CloudID(c.source, c.id), c.typ, c.time, c.source, data
	e.Cloud = &event.Cloud{ID: c.id, Attributes: append(c.attributes, '}')}
	if c.parent != "" {
		e.Trace = event.ReadTrace([]string{c.parent}, []string{c.state})
	}
	return item
}

func wrongVersion(s string) string {
	if s == "1.0" {
		return ""
	}
	return fmt.Sprintf("specversion is \"1.0\", not %.20q", s)
}

func wrongCloudSource(s string) string {
	if wrong := event.WrongSource(s); wrong != "" {
		return wrong
	}
	if _, err := url.Parse(s); err != nil || s == "" {
		return "a source is a URI reference, such as /shops/7 or https://example.com/shop"
	}
	return ""
}

func wrongEmpty(s string) string {
	if s == "" {
		return "a subject is not empty: leave it out"
	}
	return ""
}

func wrongURI(s string) string {
	if u, err := url.Parse(s); err != nil || !u.IsAbs() {
		return "a dataschema is a URI, such as https://example.com/schema"
	}
	return ""
}

func wrongMediaType(s string) string {
	if name, _, err := mime.ParseMediaType(s); err != nil || !strings.Contains(name, "/") {
		return "a datacontenttype is a media type, such as application/json"
	}
	return ""
}
