package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/queue"
)

// moveFor is how long one call moves deliveries: an answer of the console has to
// come within a minute.
const moveFor = 30 * time.Second

// Move gives what waits for a webhook that is gone to another that is declared.
// A reload meanwhile doesn't end it.
func (a *Agent) Move(ctx context.Context, from, to string) (console.Moved, error) {
	if err := a.movable(ctx, from, to); err != nil {
		return console.Moved{}, err
	}
	limited, cancel := context.WithTimeout(ctx, moveFor)
	defer cancel()
	sum, err := a.line.Move(limited, from, to)
	a.lanes.Wake(to)
	more := errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
	if err != nil && !more {
		return console.Moved{}, err
	}
	old, err := a.laneOf(ctx, from)
	if err != nil {
		return console.Moved{}, err
	}
	a.log.Info("deliveries moved", zap.String("from", from), zap.String("to", to), zap.Int64("moved", sum.Moved), zap.Int64("left", old.Pending))
	return console.Moved{Moved: sum.Moved, Left: old.Pending, UnderWay: sum.Leased, Owed: sum.Owed, Behind: sum.Behind, More: more}, nil
}

// movable says why deliveries must not be moved so: those of a declared webhook
// go out by themselves, and for one that is not declared nobody would send them.
func (a *Agent) movable(ctx context.Context, from, to string) error {
	declared := a.force.Load().generation.Plan.Webhooks
	if declared[from] != nil {
		return fmt.Errorf("webhook %s: %w", from, console.ErrDeclared)
	}
	if declared[to] == nil {
		return fmt.Errorf("webhook %s: %w", to, console.ErrUndeclared)
	}
	_, err := a.laneOf(ctx, from)
	return err
}

// laneOf is what the line knows of a webhook, declared or not.
func (a *Agent) laneOf(ctx context.Context, webhook string) (queue.Lane, error) {
	known, err := a.line.Lanes(ctx)
	if err != nil {
		return queue.Lane{}, err
	}
	for _, l := range known {
		if l.Name == webhook {
			return l, nil
		}
	}
	return queue.Lane{}, fmt.Errorf("webhook %s: %w", webhook, console.ErrNoWebhook)
}
