package cli

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/internal/logline"
)

// Exit statuses. Scripts and service managers depend on them.
const (
	exitOK          = 0
	exitNegative    = 1  // the answer is no: errors found, a refused reload, a failed request
	exitUsage       = 2  // the command line is wrong
	exitUnformatted = 3  // fmt --check found work
	exitUnreachable = 69 // the agent is not reachable
	exitData        = 74 // the data directory can't be used, or the storage failed for good
	exitConfig      = 78 // run has no configuration to run with
)

// A usageError is a wrong use of the command line.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

// errNegative is a negative result that was printed already.
var errNegative = errors.New("negative result")

// errUnformatted tells that fmt --check found work, and printed it.
var errUnformatted = errors.New("not formatted")

// An unreachableError says that no agent answers, and what to check.
type unreachableError struct {
	cause  error
	advice string
}

func (e *unreachableError) Error() string { return e.cause.Error() + "\n" + e.advice }

func (e *unreachableError) Unwrap() error { return e.cause }

// fail says on standard error what went wrong, and gives the exit status.
func (s *session) fail(err error) int {
	var usage usageError
	var unreachable *unreachableError
	var storage *agent.StorageError
	var bad *agent.ConfigError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errNegative):
		return exitNegative
	case errors.Is(err, errUnformatted):
		return exitUnformatted
	case errors.As(err, &bad):
		var all bytes.Buffer
		_ = bad.Diagnostics.Write(&all, s.colored(s.err)) // a buffer doesn't fail
		s.leave(all.Bytes())
		if err.Error() == bad.Error() {
			err = errors.New("nothing was started; postern validate checks a configuration without starting anything")
		}
		s.complain(err)
		return exitConfig
	}
	s.complain(err)
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &unreachable):
		return exitUnreachable
	case errors.As(err, &storage):
		return exitData
	}
	return exitNegative
}

func (s *session) complain(err error) {
	s.leave(fmt.Appendf(nil, "postern: %s\n", inert.Lines(err.Error())))
}

// leave writes the last words. A pipe that nobody reads must not keep a service
// manager from seeing the exit status.
func (s *session) leave(text []byte) {
	_ = logline.Farewell(s.err, text) // nobody is left to be told
}
