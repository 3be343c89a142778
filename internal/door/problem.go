package door

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// ProblemType is the media type of a problem.
const ProblemType = "application/problem+json"

const typePrefix = "urn:postern:problem:"

// ReasonOf takes the reason out of the type of a problem; empty if it has none.
func ReasonOf(typ string) string {
	reason, ours := strings.CutPrefix(typ, typePrefix)
	if !ours {
		return ""
	}
	return reason
}

// A Problem is an error answer, written as JSON (RFC 9457).
type Problem struct {
	Status int

	// Reason is one word of a fixed list; the type is made of it
	// (urn:postern:problem:REASON). Empty: about:blank.
	Reason string

	// Detail says to a person what is wrong and what to do.
	Detail string

	// More are extension members. They can't replace the standard ones.
	More map[string]any

	// Header goes along with the answer.
	Header http.Header
}

// Write sends the problem. Nothing may have been written to w before.
func (p *Problem) Write(w http.ResponseWriter) {
	kind := "about:blank"
	if p.Reason != "" {
		kind = typePrefix + p.Reason
	}
	members := make(map[string]any, len(p.More)+4)
	maps.Copy(members, p.More)
	maps.Copy(members, map[string]any{
		"type":   kind,
		"title":  http.StatusText(p.Status),
		"status": p.Status,
		"detail": p.Detail,
	})
	body, err := json.Marshal(members)
	if err != nil { // an extension member that can't be written: a mistake of ours
		body = []byte(`{"type":"about:blank"}`)
	}
	h := w.Header()
	maps.Copy(h, p.Header)
	h.Set("Content-Type", ProblemType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	body = append(body, '\n')
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // a peer that is gone needs no answer
}
