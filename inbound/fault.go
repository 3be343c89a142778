package inbound

import (
	"fmt"
	"net/http"

	"github.com/posternhq/postern/internal/door"
)

// maxFaults of one request are told.
const maxFaults = 20

// A fault is what is wrong with one event, and where.
type fault struct {
	reason  string
	Line    int    `json:"line,omitempty"` // of a body of lines: the pointer leads on from there
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

type faults []fault

func (f faults) full() bool { return len(f) == maxFaults }

// problem is nil without faults. It has the reason of the first.
func (f faults) problem() *door.Problem {
	if len(f) == 0 {
		return nil
	}
	p := invalid(f...)
	switch {
	case f.full():
		p.Detail += fmt.Sprintf(" (and at least %d more)", len(f)-1)
	case len(f) > 1:
		p.Detail += fmt.Sprintf(" (and %d more)", len(f)-1)
	}
	return p
}

func invalid(list ...fault) *door.Problem {
	first := list[0]
	detail := first.Detail
	if first.Pointer != "" {
		detail = fmt.Sprintf("%.200q: %s", first.Pointer, detail)
	}
	if first.Line > 0 {
		detail = fmt.Sprintf("line %d: %s", first.Line, detail)
	}
	return &door.Problem{
		Status: http.StatusUnprocessableEntity,
		Reason: first.reason,
		Detail: detail,
		More:   map[string]any{"errors": list},
	}
}

// tooLarge refuses for size. The connection is closed: what is left of the body
// is not read.
func tooLarge(at fault, what string, limit int) *door.Problem {
	detail := fmt.Sprintf("%s may be at most %d MiB", what, limit>>20)
	at.Detail = detail
	if at.Line > 0 {
		detail = fmt.Sprintf("line %d: %s", at.Line, detail)
	}
	return &door.Problem{
		Status: http.StatusRequestEntityTooLarge,
		Reason: reasonTooLarge,
		Detail: detail,
		More:   map[string]any{"limit": limit, "errors": []fault{at}},
		Header: http.Header{"Connection": {"close"}},
	}
}
