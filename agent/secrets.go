package agent

import (
	"context"
	"fmt"
	"io"

	"go.uber.org/zap"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/embedded"
)

// Secrets lists the stored ones, without their values.
func (a *Agent) Secrets(context.Context) ([]console.Secret, error) {
	var out []console.Secret
	for _, s := range a.secrets.List() {
		out = append(out, console.Secret{Webhook: s.Webhook, Set: s.Set, From: s.From})
	}
	return out, nil
}

// SetSecret stores a webhook's secret. It signs from the next attempt on. What
// was rejected may have lacked just that.
func (a *Agent) SetSecret(ctx context.Context, webhook, value string) error {
	if err := CheckSecret(webhook, value); err != nil {
		return err
	}
	a.reloading.Lock()
	defer a.reloading.Unlock()
	if err := a.ours(); err != nil {
		return err
	}
	if err := CheckStored(a.force.Load().generation, webhook); err != nil {
		return err
	}
	if err := a.secrets.Set(webhook, secret.New(value), secret.FromSet); err != nil {
		return err
	}
	if err := a.renew(); err != nil {
		return err
	}
	if a.rejected.Load() != nil {
		a.reload(ctx)
	}
	return nil
}

// RemoveSecret forgets a webhook's stored secret, unless the configuration in
// force relies on it.
func (a *Agent) RemoveSecret(_ context.Context, webhook string) error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	if err := a.ours(); err != nil {
		return err
	}
	if _, ok := a.secrets.Get(webhook); !ok {
		return console.ErrNoSecret
	}
	was := a.force.Load()
	if err := CheckStored(was.generation, webhook); err != nil {
		return err
	}
	in, _ := a.inputs(was.reads.found.read)
	in.Stored = func(dataDir, name string) (secret.Text, error) {
		if name == webhook {
			return secret.Text{}, nil
		}
		return a.stored(dataDir, name)
	}
	if _, ds := config.Load(was.files, in); ds.HasErrors() {
		return fmt.Errorf(`webhook %s signs with it (secret = ""); change its configuration first: %w`, webhook, console.ErrInUse)
	}
	if err := a.secrets.Remove(webhook); err != nil {
		return err
	}
	return a.renew()
}

// ours fails while the storage does: what is at the path of the data directory may
// then be another one.
func (a *Agent) ours() error {
	if t := a.line.Trouble(); t != nil {
		return fmt.Errorf("%w: %w", queue.ErrUnavailable, t.Cause)
	}
	return nil
}

// renew loads the files in force again, as they were, with the secrets as they
// are now.
func (a *Agent) renew() error {
	was := a.force.Load()
	in, got := a.inputs(was.reads.found.read)
	g, ds := config.Load(was.files, in)
	if ds.HasErrors() {
		return fmt.Errorf("the secret is stored, and takes effect with the next reload: %s", ds.Error())
	}
	draft, err := a.draft(g)
	if err != nil {
		return err
	}
	f := newForce(was.number+1, g, was.files, got)
	f.lastGood = was.lastGood
	a.swap(f, draft)
	a.log.Info("stored secrets changed", zap.Int("generation", f.number))
	return nil
}

// Lock keeps agents out of a data directory, for whoever changes what is in it
// while none runs. Its error is a *StorageError.
func Lock(dataDir string) (io.Closer, error) {
	held, err := embedded.Lock(dataDir)
	if err != nil {
		return nil, &StorageError{err}
	}
	return held, nil
}

// CheckStored tells whether a secret that is stored for webhook would stay: one
// that is written in the configuration takes its place. g may be nil.
func CheckStored(g *config.Generation, webhook string) error {
	if g == nil {
		return nil
	}
	if _, written := g.Literal[webhook]; written {
		return fmt.Errorf(`%w: the secret of webhook %s is written in its configuration; write secret = "" there first`, console.ErrInvalid, webhook)
	}
	return nil
}

// CheckSecret tells whether value may be stored as the secret of webhook.
func CheckSecret(webhook, value string) error {
	if !config.ValidName(webhook) {
		return fmt.Errorf("%w: %q is not a webhook's name, which is 1 to 64 of A-Z a-z 0-9 _ -", console.ErrInvalid, webhook)
	}
	if _, _, err := outbound.NewKey(value); err != nil {
		return fmt.Errorf("%w: %w", console.ErrInvalid, err)
	}
	return nil
}
