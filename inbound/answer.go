package inbound

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/internal/door"
)

// shortAnswer is the length up to which the server works Content-Length out by
// itself; a longer one would go out in chunks.
const shortAnswer = 1024

var mediaJSON = []string{"application/json"}

// answer says that events are on disk: 202, or 200 for a single one that was
// there before.
func answer(w http.ResponseWriter, receipts []Receipt, batch bool) {
	status := http.StatusAccepted
	body := make([]byte, 0, 64*len(receipts)+2)
	if batch {
		body = append(body, '[')
		for i, r := range receipts {
			if i > 0 {
				body = append(body, ',')
			}
			body = appendReceipt(body, r)
		}
		body = append(body, ']')
	} else {
		body = appendReceipt(body, receipts[0])
		if receipts[0].Duplicate {
			status = http.StatusOK
		}
	}
	body = append(body, '\n')
	header := w.Header()
	header["Content-Type"] = mediaJSON
	if len(body) > shortAnswer {
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // who is gone will ask again, with the same id
}

func appendReceipt(b []byte, r Receipt) []byte {
	b = append(b, `{"id":`...)
	b = appendID(b, r.ID)
	if r.Duplicate {
		b = append(b, `,"duplicate":true`...)
	} else {
		b = append(b, `,"deliveries":`...)
		b = strconv.AppendInt(b, int64(r.Deliveries), 10)
	}
	if r.Outcomes != nil {
		outcomes, _ := json.Marshal(r.Outcomes) // texts and numbers can always be written
		b = append(append(b, `,"outcomes":`...), outcomes...)
	}
	return append(b, '}')
}

// appendID writes an id, which seldom has anything to be escaped.
func appendID(b []byte, id string) []byte {
	if event.WrongID(id) == "" {
		return append(append(append(b, '"'), id...), '"')
	}
	quoted, _ := json.Marshal(id) // a string can always be written
	return append(b, quoted...)
}

// refused says why the Accepter took nothing.
func (s *Server) refused(err error, got *content) *door.Problem {
	var conflict *ConflictError
	switch {
	case errors.As(err, &conflict):
		return conflicting(conflict, got)
	case errors.Is(err, ErrTooMany):
		return &door.Problem{Status: http.StatusRequestEntityTooLarge, Reason: reasonDeliveries,
			Detail: "the events would owe more than 100,000 deliveries: send fewer at once"}
	case errors.Is(err, ErrFull):
		return later(http.StatusServiceUnavailable, reasonFull, "the queue is full: send it again later", 10*time.Second)
	case errors.Is(err, ErrStopping):
		return later(http.StatusServiceUnavailable, reasonStopping, "shutting down: send it again later", 2*time.Second)
	case !errors.Is(err, ErrUnavailable):
		s.log.Warn("events could not be accepted", zap.Error(err))
	}
	return later(http.StatusServiceUnavailable, reasonUnavailable,
		"the storage is not available: send it again later, with the same id, as it may have been kept all the same", 5*time.Second)
}

func conflicting(c *ConflictError, got *content) *door.Problem {
	var at fault
	prefix := ""
	switch {
	case got.lines != nil:
		at.Line = got.lines[c.Index]
		prefix = fmt.Sprintf("line %d: ", at.Line)
	case got.batch:
		at.Pointer = "/" + strconv.Itoa(c.Index)
	}
	at.Detail = fmt.Sprintf("%q was accepted before with another type, source or data", c.ID)
	return &door.Problem{Status: http.StatusConflict, Reason: reasonConflict, Detail: prefix + at.Detail,
		More: map[string]any{"index": c.Index, "id": c.ID, "errors": []fault{at}}}
}

func busy() *door.Problem {
	return later(http.StatusTooManyRequests, reasonBusy, "too many requests at once: send it again a little later", time.Second)
}

func later(status int, reason, detail string, wait time.Duration) *door.Problem {
	return &door.Problem{Status: status, Reason: reason, Detail: detail,
		Header: http.Header{"Retry-After": {strconv.Itoa(int(wait / time.Second))}}}
}
