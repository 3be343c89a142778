package cli

import (
	"fmt"

	"github.com/posternhq/postern/internal/inert"
)

type resumeVerb struct {
	Webhook string `arg:"" help:"Name of the webhook."`
	consoleFlags
}

func (v *resumeVerb) Run(s *session) error {
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	if err := a.Resume(s.ctx, v.Webhook); err != nil {
		return a.explain(err)
	}
	fmt.Fprintf(s.out, "%s goes on\n", inert.Text(v.Webhook))
	return nil
}
