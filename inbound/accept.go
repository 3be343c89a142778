package inbound

import (
	"context"
	"errors"
	"fmt"

	"github.com/posternhq/postern/event"
)

// An Accepter takes events durably; the agent is one.
type Accepter interface {
	// Accept takes all items or none, and returns when they are on disk, with a
	// receipt for each in their order. Its errors are the ones below, or others
	// that count as ErrUnavailable. ctx is never cancelled.
	Accept(ctx context.Context, items []Item) ([]Receipt, error)
}

// An Item is one event as decoded. Event.Accepted is not set yet; Event.ID is
// made up when the app gave none.
type Item struct {
	Event event.Event

	// MadeUp says that the id was made up.
	MadeUp bool

	// Key is the Idempotency-Key, when the id was made up.
	Key string
}

// A Receipt answers for one item.
type Receipt struct {
	ID         string // the event's; of a duplicate by Key, the id that the first one got
	Deliveries int
	Duplicate  bool

	Outcomes []Outcome // filled in by the door, where they are wanted and known
}

var (
	ErrFull        = errors.New("the queue is full")            // 503
	ErrUnavailable = errors.New("the storage is not available") // 503
	ErrStopping    = errors.New("shutting down")                // 503
	ErrTooMany     = errors.New("over 100,000 deliveries")      // that one call would owe: 413
)

// A ConflictError refuses an id that was accepted before with other content.
type ConflictError struct {
	Index int    // of the item in the call
	ID    string // or the Idempotency-Key
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("event %q was accepted before with another type, source or data", e.ID)
}
