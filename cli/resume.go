package cli

import "fmt"

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
	fmt.Fprintf(s.out, "%s is not suspended\n", v.Webhook)
	return nil
}
