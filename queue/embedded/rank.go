package embedded

import (
	"errors"
	"time"

	"github.com/posternhq/postern/event"
)

// rank tells what a delivery that is shown waits for in its order.
func (l *Line) rank(n *lane, d *delivery, out *event.Delivery) error {
	if !d.ordered() || d.state != pending {
		return nil
	}
	t, err := l.readTurn(rowKey{n.num, d.order})
	if errors.Is(err, errUnreadable) {
		return nil // Take sees to it
	}
	if err != nil || t.now == d.ref || t.first == (ref{}) {
		return err
	}
	out.Next = time.Time{}
	if t.now != (ref{}) {
		out.Behind = &event.Behind{ID: t.now.id()}
	} else {
		out.Behind = &event.Behind{ID: t.first.id(), Failed: true}
	}
	return nil
}
