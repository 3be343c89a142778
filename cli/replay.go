package cli

import (
	"fmt"

	"github.com/posternhq/postern/internal/inert"
)

type replayVerb struct {
	output
	ID string `arg:"" help:"Id of the delivery. One that waits is attempted at once."`
	consoleFlags
}

func (v *replayVerb) Run(s *session) error {
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	d, err := a.Replay(s.ctx, v.ID)
	if err != nil {
		return a.explain(err)
	}
	return v.print(s, d, func() {
		fmt.Fprintf(s.out, "%s to %s is %s again\n", inert.Text(d.ID), inert.Text(d.Webhook), d.State)
	})
}
