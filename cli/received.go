package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/outbound"
)

// A received is one request as printed; its JSON is a line of --output json.
type received struct {
	At        time.Time           `json:"at"`
	Method    string              `json:"method"`
	Path      string              `json:"path"`
	Query     string              `json:"query"`
	URL       string              `json:"url"` // whole, as a signature may cover it
	Headers   map[string][]string `json:"headers"`
	Body      string              `json:"body"`
	Encoding  string              `json:"body_encoding,omitempty"` // base64: the body is not UTF-8
	Signature string              `json:"signature"`               // valid, invalid, unsigned, unchecked
	Scheme    string              `json:"scheme,omitempty"`        // of the signature
	Error     string              `json:"error,omitempty"`         // of an invalid signature
	Status    int                 `json:"status"`                  // answered
}

// check verifies the signature.
func (g *received) check(keys keyring, m *outbound.Message) {
	var err error
	g.Scheme, err = keys.check(m, g.At)
	switch {
	case err == nil:
		g.Signature = "valid"
	case errors.Is(err, errUnsigned), errors.Is(err, errUnchecked):
		g.Signature = err.Error()
	default:
		g.Signature, g.Error = "invalid", err.Error()
	}
}

// writeJSON writes one line.
func (g *received) writeJSON(w io.Writer) {
	if !utf8.ValidString(g.Body) {
		g.Body, g.Encoding = base64.StdEncoding.EncodeToString([]byte(g.Body)), "base64"
	}
	_ = writeLine(w, g) // where it fails, nobody is left to be told
}

func (g *received) write(w io.Writer) {
	target := g.Path
	if g.Query != "" {
		target += "?" + g.Query
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s %s -> %d\n", g.At.Local().Format("15:04:05.000"), inert.Text(g.Method), inert.Text(target), g.Status)
	for _, name := range slices.Sorted(interesting(g.Headers)) {
		for _, value := range g.Headers[name] {
			fmt.Fprintf(&b, "  %s: %s\n", strings.ToLower(inert.Text(name)), inert.Text(masked(name, value)))
		}
	}
	fmt.Fprintf(&b, "  signature: %s\n", verdict(g))
	if g.Body != "" {
		fmt.Fprintf(&b, "\n%s\n", indent(shownBody(g.Body)))
	}
	b.WriteByte('\n')
	_, _ = w.Write(b.Bytes()) // nobody is left to be told
}

func verdict(g *received) string {
	switch g.Signature {
	case "valid":
		return "valid (" + g.Scheme + ")"
	case "unchecked":
		return "not checked (" + g.Scheme + "); give --secret-file"
	case "invalid":
		return "INVALID (" + g.Scheme + "): " + inert.Text(g.Error)
	}
	return g.Signature
}

// dull headers say nothing about an event.
var dull = map[string]bool{"Accept-Encoding": true, "Content-Length": true, "Connection": true}

func interesting(h map[string][]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range h {
			if !dull[name] && !yield(name) {
				return
			}
		}
	}
}

// masked hides credentials, but for the kind and a user's name.
func masked(name, value string) string {
	if name != "Authorization" {
		return value
	}
	r := http.Request{Header: http.Header{"Authorization": {value}}}
	if user, _, ok := r.BasicAuth(); ok {
		return fmt.Sprintf("Basic user %q (sensitive)", user)
	}
	if kind, _, ok := strings.Cut(value, " "); ok {
		return kind + " (sensitive)"
	}
	return "(sensitive)"
}

// shownBody is a body for people: JSON is indented, all else as it is.
func shownBody(body string) string {
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(body), "", "  ") == nil {
		body = pretty.String()
	}
	return inert.Lines(body)
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}
