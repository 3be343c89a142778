package cli

import (
	"fmt"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
)

type deliveriesMoveVerb struct {
	output
	Old string `arg:"" help:"Name that the webhook had. It is not declared any more."`
	New string `arg:"" help:"Name that it has."`
	consoleFlags
}

func (v *deliveriesMoveVerb) Run(s *session) error {
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	m, err := v.move(s, a)
	if err != nil {
		return a.explain(err)
	}
	return v.print(s, m, func() { s.printMoved(m, v.Old, v.New) })
}

// move asks again as long as there is more to move than one call can.
func (v *deliveriesMoveVerb) move(s *session, a *api) (m console.Moved, err error) {
	for {
		part, err := a.Move(s.ctx, v.Old, v.New)
		if err != nil {
			return m, err
		}
		moved := m.Moved + part.Moved
		m = part
		m.Moved = moved
		if !part.More || part.Moved == 0 {
			return m, nil
		}
		fmt.Fprintf(s.err, "%d moved, %d left\n", m.Moved, m.Left)
	}
}

func (s *session) printMoved(m console.Moved, old, new string) {
	old, new = inert.Text(old), inert.Text(new)
	if m.Moved == 0 && m.Left == 0 {
		fmt.Fprintf(s.out, "nothing waits for %s\n", old)
		return
	}
	fmt.Fprintf(s.out, "%s moved from %s to %s\n", deliveries(int(m.Moved)), old, new)
	if m.Left > 0 {
		fmt.Fprintf(s.out, "%s left with %s\n", deliveries(int(m.Left)), old)
	}
	if m.Owed > 0 {
		fmt.Fprintf(s.out, "  %d: %s has one of the same event already\n", m.Owed, new)
	}
	if m.UnderWay > 0 {
		fmt.Fprintf(s.out, "  %d: an attempt is under way; move again when it has ended\n", m.UnderWay)
	}
	if m.Behind > 0 {
		fmt.Fprintf(s.out, "  %d: in the same order after one that stays; after a failed one, replay that and move again\n", m.Behind)
	}
}
