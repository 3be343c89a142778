package inbound

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"
)

// The data of an event is one JSON object. What a CloudEvent has in its place
// stands in one under the name that its JSON format has for it: data for text and
// for JSON of another kind, data_base64 for bytes.

// asObject is a JSON value as the data of an event; nothing and null are {}.
func asObject(value []byte) []byte {
	switch {
	case len(value) == 0 || string(value) == "null":
		return []byte("{}")
	case value[0] == '{':
		return value
	}
	return memberOnly("data", value)
}

func memberOnly(name string, value []byte) []byte {
	b := make([]byte, 0, len(name)+len(value)+len(`{"":}`))
	b = append(b, `{"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	b = append(b, value...)
	return append(b, '}')
}

// carry is a payload of a media type as the data of an event. None is JSON.
func carry(media string, payload []byte) (object []byte, reason, wrong string) {
	switch sortOf(media) {
	case isJSON:
		return carryJSON(payload)
	case isText:
		if !utf8.Valid(payload) {
			return nil, reasonUTF8, "this is not valid UTF-8, as " + media + " has to be"
		}
		return memberOnly("data", quoted(string(payload))), "", ""
	}
	return memberOnly("data_base64", quoted(base64.StdEncoding.EncodeToString(payload))), "", ""
}

func carryJSON(payload []byte) (object []byte, reason, wrong string) {
	s := scanner{b: payload, limit: maxEventBytes}
	i := s.space(0)
	if i == len(payload) {
		return asObject(nil), "", ""
	}
	from := i
	if i = s.value(i, levelsAt(payload, i)); i < 0 || !s.end(i) {
		line, column := lineColumn(payload, s.flaw.at)
		return nil, s.flaw.reason, fmt.Sprintf("this is no JSON: line %d, column %d: %s", line, column, s.flaw.detail)
	}
	return asObject(bytes.Clone(payload[from:i])), "", ""
}

// levelsAt is how deep the value at i may be nested, so that with the object
// around it, if it needs one, it is no deeper than any data.
func levelsAt(b []byte, i int) int {
	if i < len(b) && b[i] == '[' {
		return maxDepth - 1
	}
	return maxDepth
}

// nests tells whether a JSON value is nested at most so deep.
func nests(value []byte, levels int) bool {
	s := scanner{b: value}
	return s.value(0, levels) >= 0
}

func tooDeep() string { return fmt.Sprintf("nested more than %d deep", maxDepth) }

// A sort is what a media type says of a payload.
type sort uint8

const (
	isBytes sort = iota
	isJSON
	isText
)

func sortOf(media string) sort {
	if media == "" {
		return isJSON
	}
	name, params, err := mime.ParseMediaType(media)
	charset := strings.ToLower(params["charset"])
	switch {
	case err != nil || charset != "" && charset != "utf-8" && charset != "us-ascii":
		return isBytes
	case name == "application/json" || name == "text/json" || strings.HasSuffix(name, "+json"):
		return isJSON
	case strings.HasPrefix(name, "text/") || name == "application/xml" || strings.HasSuffix(name, "+xml") ||
		name == "application/x-www-form-urlencoded" || name == "application/yaml":
		return isText
	}
	return isBytes
}

// quoted writes a text as JSON.
func quoted(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be written
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
