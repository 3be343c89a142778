package inbound

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/posternhq/postern/internal/door"
)

const eventsPath = "/v1/events"

// route tells which of the two paths is asked for; typ is empty for /v1/events.
func route(q *http.Request) (typ string, p *door.Problem) {
	rest, ours := strings.CutPrefix(q.URL.EscapedPath(), eventsPath)
	if !ours || rest != "" && (rest[0] != '/' || rest == "/") {
		return "", &door.Problem{Status: http.StatusNotFound, Reason: reasonNotFound,
			Detail: "events go to POST /v1/events or POST /v1/events/TYPE; the dashboard and its API listen at the console's address"}
	}
	if strings.Contains(strings.TrimPrefix(rest, "/"), "/") {
		return "", &door.Problem{Status: http.StatusNotFound, Reason: reasonNotFound,
			Detail: "in /v1/events/TYPE a '/' of the type is written %2F"}
	}
	if q.Method != http.MethodPost {
		return "", &door.Problem{Status: http.StatusMethodNotAllowed, Reason: reasonMethod,
			Detail: "events are sent with POST", Header: http.Header{"Allow": {http.MethodPost}}}
	}
	if rest == "" {
		return "", nil
	}
	typ, err := url.PathUnescape(rest[1:])
	if err != nil { // the server has parsed the path already
		return "", unprocessable(reasonType, "the type in the path is not percent-encoded as it should be")
	}
	if wrong := checkType(typ); wrong != "" {
		return "", unprocessable(reasonType, "in the path: "+wrong)
	}
	return typ, nil
}

// checkMedia lets JSON in, under its own name only: a browser asks before it
// sends that to another site, and gets no leave.
func checkMedia(h http.Header) *door.Problem {
	for _, coding := range h["Content-Encoding"] {
		if !strings.EqualFold(coding, "identity") {
			return wrongMedia(fmt.Sprintf("Content-Encoding %.40q is not taken: send the body as it is", coding))
		}
	}
	given := h["Content-Type"]
	switch {
	case len(given) == 0:
		return wrongMedia("Content-Type is missing: send application/json")
	case len(given) > 1:
		return wrongMedia("Content-Type is given twice")
	case given[0] == "application/json":
		return nil
	}
	media, params, err := mime.ParseMediaType(given[0])
	if err != nil || media != "application/json" {
		return wrongMedia(fmt.Sprintf("Content-Type %.100q is not taken: send application/json", given[0]))
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return wrongMedia(fmt.Sprintf("charset %.40q is not taken: JSON is UTF-8", charset))
	}
	return nil
}

func wrongMedia(detail string) *door.Problem {
	return &door.Problem{
		Status: http.StatusUnsupportedMediaType,
		Reason: reasonMediaType,
		Detail: detail,
		Header: http.Header{"Accept": {"application/json"}, "Accept-Encoding": {"identity"}},
	}
}

// unprocessable refuses something outside of the body.
func unprocessable(reason, detail string) *door.Problem {
	return &door.Problem{Status: http.StatusUnprocessableEntity, Reason: reason, Detail: detail}
}

const maxKeyBytes = 255

// idempotencyKey is empty where none was given.
func idempotencyKey(h http.Header) (string, *door.Problem) {
	given := h["Idempotency-Key"]
	if len(given) == 0 {
		return "", nil
	}
	key, ok := given[0], len(given) == 1
	if strings.HasPrefix(key, `"`) {
		key, ok = unquoteKey(key, ok)
	}
	if !ok || key == "" || len(key) > maxKeyBytes || strings.IndexFunc(key, notVisible) >= 0 {
		return "", unprocessable(reasonKey,
			fmt.Sprintf("an Idempotency-Key is given once and is 1 to %d visible ASCII characters, bare or as a quoted string", maxKeyBytes))
	}
	return key, nil
}

// unquoteKey reads a string as RFC 9651 writes it.
func unquoteKey(s string, ok bool) (string, bool) {
	inner, closed := strings.CutSuffix(s[1:], `"`)
	var key strings.Builder
	for i := 0; i < len(inner); i++ {
		switch inner[i] {
		case '"':
			return "", false
		case '\\':
			if i++; i == len(inner) || inner[i] != '"' && inner[i] != '\\' {
				return "", false
			}
		}
		key.WriteByte(inner[i])
	}
	return key.String(), ok && closed
}

func notVisible(r rune) bool { return r < '!' || r > '~' }
