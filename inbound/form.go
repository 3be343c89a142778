package inbound

import (
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/posternhq/postern/internal/door"
)

// A form is how a body holds events.
type form uint8

const (
	enveloped  form = iota // an event, or an array of them
	bare                   // the data of one, whose type is in the path
	lines                  // an event a line
	cloudOne               // a CloudEvent as JSON
	cloudBatch             // an array of these
	cloudData              // the data of a CloudEvent, which the headers describe
)

// forms are the media types that say the form by themselves.
var forms = map[string]form{
	"application/json":                   enveloped,
	"application/x-ndjson":               lines,
	"application/ndjson":                 lines,
	"application/cloudevents+json":       cloudOne,
	"application/cloudevents-batch+json": cloudBatch,
}

const taken = "application/json, application/x-ndjson, application/cloudevents+json, application/cloudevents-batch+json"

// formOf tells the form of a body. Only media types of ours come in by
// themselves, and others with headers of a CloudEvent: a browser asks before it
// sends any of these to another site, and gets no leave.
func formOf(h http.Header, typ string) (form, *door.Problem) {
	f, p := readForm(h)
	switch {
	case p != nil || typ == "":
		return f, p
	case f == enveloped:
		return bare, nil
	case f == lines:
		return f, wrongMedia("POST /v1/events/TYPE takes the data of one event as application/json: send lines to POST /v1/events")
	}
	return f, unprocessable(reasonCloudEvent, "a CloudEvent says its type itself: send it to POST /v1/events")
}

func readForm(h http.Header) (form, *door.Problem) {
	given := h["Content-Type"]
	binary := len(h["Ce-Specversion"]) > 0 || len(h["Ce-Id"]) > 0
	switch {
	case len(given) == 1 && given[0] == "application/json" && !binary:
		return enveloped, nil
	case len(given) == 0 && binary:
		return cloudData, nil
	case len(given) == 0:
		return enveloped, wrongMedia("Content-Type is missing: send application/json")
	case len(given) > 1:
		return enveloped, wrongMedia("Content-Type is given twice")
	}
	media, params, err := mime.ParseMediaType(given[0])
	if binary && err == nil && !strings.HasPrefix(media, "application/cloudevents") {
		return cloudData, nil
	}
	f, known := forms[media]
	switch {
	case err == nil && strings.HasPrefix(media, "application/cloudevents") && !known:
		return f, wrongMedia(fmt.Sprintf("CloudEvents are taken as application/cloudevents+json, as application/cloudevents-batch+json and in binary mode, not as %.100q", given[0]))
	case err != nil || !known:
		return f, wrongMedia(fmt.Sprintf("Content-Type %.100q is not taken: send application/json", given[0]))
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return f, wrongMedia(fmt.Sprintf("charset %.40q is not taken: JSON is UTF-8", charset))
	}
	return f, nil
}

func wrongMedia(detail string) *door.Problem {
	return &door.Problem{
		Status: http.StatusUnsupportedMediaType,
		Reason: reasonMediaType,
		Detail: detail,
		Header: http.Header{"Accept": {taken}, "Accept-Encoding": {"gzip, identity"}},
	}
}

// An extent is how many events a body may hold.
type extent uint8

const (
	either  extent = iota // told by its first byte
	one                   // one event
	several               // a batch
)

func (f form) extent() extent {
	switch f {
	case bare, cloudOne, cloudData:
		return one
	case lines, cloudBatch:
		return several
	}
	return either
}
