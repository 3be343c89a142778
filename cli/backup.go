package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/queue"
)

type queueVerb struct {
	Backup queueBackupVerb `cmd:"" help:"Copy what is stored, while the agent runs or not."`
}

type queueBackupVerb struct {
	Dir     string `arg:"" help:"Directory of the copy: empty, or not there yet. It is made on the agent's machine."`
	Secrets bool   `help:"Copy the stored secrets and the last good configuration too." env:"POSTERN_BACKUP_SECRETS"`
	secretFlags
}

func (v *queueBackupVerb) Run(s *session) error {
	dir, err := v.existing(s)
	if err != nil {
		return err
	}
	to, err := filepath.Abs(v.Dir)
	if err != nil {
		return err
	}
	err = agent.BackupDir(dir, to, v.Secrets)
	var used *queue.InUseError
	if errors.As(err, &used) {
		err = v.ask(s, to)
	}
	if errors.Is(err, console.ErrNotEmpty) {
		return usageError{console.ErrNotEmpty.Error() + ": " + inert.Text(to) + " is not"}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "copied to %s\n", inert.Text(to))
	return nil
}

// ask lets the agent make the copy.
func (v *queueBackupVerb) ask(s *session, to string) error {
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	return a.explain(a.Backup(s.ctx, to, v.Secrets))
}
