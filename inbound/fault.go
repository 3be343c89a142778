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
	return &door.Problem{
		Status: http.StatusUnprocessableEntity,
		Reason: first.reason,
		Detail: detail,
		More:   map[string]any{"errors": list},
	}
}

// tooLarge refuses for size. The connection is closed: what is left of the body
// is not read.
func tooLarge(pointer, what string, limit int) *door.Problem {
	detail := fmt.Sprintf("%s may be at most %d MiB", what, limit>>20)
	return &door.Problem{
		Status: http.StatusRequestEntityTooLarge,
		Reason: reasonTooLarge,
		Detail: detail,
		More:   map[string]any{"limit": limit, "errors": []fault{{Pointer: pointer, Detail: detail}}},
		Header: http.Header{"Connection": {"close"}},
	}
}
