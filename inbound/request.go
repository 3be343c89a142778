package inbound

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/posternhq/postern/event"
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
	if wrong := event.WrongType(typ); wrong != "" {
		return "", unprocessable(reasonType, "in the path: "+wrong)
	}
	return typ, nil
}

// contentCoding tells whether the body is compressed, by the one coding that is
// taken.
func contentCoding(h http.Header) (zipped bool, p *door.Problem) {
	given := h["Content-Encoding"]
	if len(given) == 0 {
		return false, nil
	}
	switch coding := strings.ToLower(strings.Join(given, ", ")); coding {
	case "identity":
		return false, nil
	case "gzip", "x-gzip":
		return true, nil
	default:
		return false, wrongMedia(fmt.Sprintf("Content-Encoding %.40q is not taken: send the body as it is, or once through gzip", coding))
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
