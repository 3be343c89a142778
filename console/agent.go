package console

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// An Agent is what the console shows and steers. It is safe for concurrent use.
//
// Errors that a caller can do something about are the ones below and those of
// the queue (ErrNotFound, ErrGone, ErrLeased, ErrCursor, ErrUnavailable), also
// wrapped. Their text is shown, and so is that of any other error: it must hold
// no secret.
type Agent interface {
	Status(ctx context.Context) (Status, error)

	// Webhooks lists the declared ones, and removed ones only while deliveries
	// wait for them, by name.
	Webhooks(ctx context.Context) ([]Webhook, error)

	// Deliveries lists, newest first, without attempts. States are those that
	// people see: a pending delivery may be held or orphaned.
	Deliveries(ctx context.Context, q Query) (queue.Page, error)

	// Delivery finds one with its attempts.
	Delivery(ctx context.Context, id string) (event.Delivery, error)

	// Event finds one, and its deliveries without their attempts.
	Event(ctx context.Context, id string) (event.Event, []event.Delivery, error)

	// Explain tells as JSON what the configuration in force does with an event
	// of the line, webhook by webhook.
	Explain(ctx context.Context, id string) (json.RawMessage, error)

	// Plan tells as JSON what a reload would change now, and changes nothing.
	Plan(ctx context.Context) (json.RawMessage, error)

	// Recent tells what has ended since a number, so far as it is kept, and the
	// number to go on from.
	Recent(from uint64) Tail

	// Replay puts an ended delivery back to pending, with the same id and a
	// fresh schedule; of one that waits it makes the next attempt due now.
	Replay(ctx context.Context, id string) (event.Delivery, error)

	// Resume ends the suspension of a webhook, and makes the next probe of an open
	// circuit due; of any other webhook it changes nothing. ErrNoWebhook.
	Resume(ctx context.Context, webhook string) error

	// Move gives what waits for a webhook that is not declared any more to one
	// that is. It works for half a minute at most, then it says that there is
	// more. ErrDeclared, ErrUndeclared, ErrNoWebhook.
	Move(ctx context.Context, from, to string) (Moved, error)

	// Reload reads the configuration and puts it in force, or says why not.
	Reload(ctx context.Context) Reload

	// Secrets lists what is stored, by webhook.
	Secrets(ctx context.Context) ([]Secret, error)

	// SetSecret stores the secret of a webhook, declared or not yet. ErrInvalid.
	SetSecret(ctx context.Context, webhook, value string) error

	// RemoveSecret forgets it. ErrNoSecret, ErrInUse, ErrInvalid.
	RemoveSecret(ctx context.Context, webhook string) error

	// Check tells as JSON what all that is stored is like, and changes nothing of it.
	Check(ctx context.Context) (json.RawMessage, error)

	// Backup copies what is stored to a directory, secrets too if they are wanted.
	// ErrNotEmpty, ErrInvalid.
	Backup(ctx context.Context, dir string, secrets bool) error

	// Alive is nil while the loops move, Ready while the doors are open and the
	// line takes events. Receivers and a rejected reload have no part in it.
	// Anybody who reaches the console may read the errors, without a token.
	Alive() error
	Ready() error
}

var (
	ErrNoWebhook  = errors.New("no such webhook")
	ErrDeclared   = errors.New("it is declared, so what waits for it goes out; only what waits for a webhook that is gone can be moved")
	ErrUndeclared = errors.New("it is not declared in the configuration in force, so nothing can be moved to it")
	ErrNoSecret   = errors.New("no secret is stored for this webhook")
	ErrInUse      = errors.New("the configuration in force relies on it")
	ErrInvalid    = errors.New("not valid") // a webhook's name or a secret
)
