package console

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/posternhq/postern/internal/door"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/queue"
)

var (
	errMethod    = errors.New("the method is not allowed here")
	errMediaType = errors.New("the body must be application/json, or empty")
	errBody      = errors.New("the body can't be read")
	errTooLong   = errors.New("the body is too long")
	errNoPath    = errors.New("there is nothing at this path")
	errNoEvents  = fmt.Errorf("%w: this is the console; events go to a listen address, by default 127.0.0.1:7480", errNoPath)
	errParameter = errors.New("a query parameter can't be taken")
)

// refusals is the one place where errors become statuses and problem types, and
// for the client problem types become errors again.
var refusals = []struct {
	err    error
	status int
	reason string // of the type urn:postern:problem:REASON
}{
	{errParameter, http.StatusBadRequest, "parameter"},
	{errBody, http.StatusBadRequest, "body"},
	{errNoPath, http.StatusNotFound, "path"},
	{queue.ErrNotFound, http.StatusNotFound, "not_found"},
	{ErrNoWebhook, http.StatusNotFound, "no_webhook"},
	{ErrNoSecret, http.StatusNotFound, "no_secret"},
	{errMethod, http.StatusMethodNotAllowed, "method"},
	{ErrDeclared, http.StatusConflict, "declared"},
	{ErrUndeclared, http.StatusConflict, "undeclared"},
	{queue.ErrGone, http.StatusConflict, "event_gone"},
	{queue.ErrLeased, http.StatusConflict, "leased"},
	{ErrInUse, http.StatusConflict, "in_use"},
	{ErrNotEmpty, http.StatusConflict, "not_empty"},
	{errTooLong, http.StatusRequestEntityTooLarge, "too_large"},
	{errMediaType, http.StatusUnsupportedMediaType, "media_type"},
	{ErrInvalid, http.StatusUnprocessableEntity, "invalid"},
	{queue.ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
}

// problem words an error. Its text may quote what others wrote.
func problem(err error) *door.Problem {
	p := &door.Problem{Status: http.StatusInternalServerError, Detail: inert.Text(err.Error())}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			p.Status, p.Reason = r.status, r.reason
			break
		}
	}
	var parameter *ParameterError
	if errors.As(err, &parameter) {
		p.More = map[string]any{"parameter": inert.Text(parameter.Name)}
	}
	return p
}

// reasonConfiguration tells the client that a [Reload] is in the problem.
const reasonConfiguration = "configuration"

// reloadProblem tells of a refused reload: the members of r stand beside the
// standard ones.
func reloadProblem(r Reload) *door.Problem {
	return &door.Problem{
		Status: http.StatusUnprocessableEntity,
		Reason: reasonConfiguration,
		Detail: "the configuration on disk is refused; the one before stays in force",
		More: map[string]any{
			"ok": r.OK, "generation": r.Generation, "changed": r.Changed,
			"added": orEmpty(r.Added), "updated": orEmpty(r.Updated), "removed": orEmpty(r.Removed),
			"diagnostics": r.Diagnostics, "text": r.Text,
		},
	}
}
