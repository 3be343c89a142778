package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/inert"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

type secretVerb struct {
	Set secretSetVerb `cmd:"" help:"Store the secret of a webhook, read from standard input."`
	Rm  secretRmVerb  `cmd:"" help:"Forget the stored secret of a webhook."`
	Ls  secretLsVerb  `cmd:"" help:"List the webhooks whose secrets are stored."`
}

// secretFlags say where secrets are kept: by the agent that runs, else in its
// data directory.
type secretFlags struct {
	consoleFlags
	dataDirFlag
}

type secretSetVerb struct {
	Webhook string `arg:"" help:"Name of the webhook; it need not be configured yet."`
	secretFlags
}

func (v *secretSetVerb) Run(s *session) error {
	value, err := s.readSecret("Secret of " + inert.Text(v.Webhook) + ": ")
	if err != nil {
		return err
	}
	if err := agent.CheckSecret(v.Webhook, value.Reveal()); err != nil {
		return err
	}
	where, err := v.change(s.ctx,
		func(a *api) error { return a.SetSecret(s.ctx, v.Webhook, value) },
		func(st *secret.Store) error {
			if err := agent.CheckStored(v.peek(s.ctx), v.Webhook); err != nil {
				return err
			}
			return st.Set(v.Webhook, value, secret.FromSet)
		})
	if err != nil {
		return err
	}
	if _, plain, _ := outbound.NewKey(value.Reveal()); plain {
		fmt.Fprintln(s.err, "note: without whsec_ before it, a secret's bytes are the key; receivers that use a Standard Webhooks library want whsec_ and base64")
	}
	fmt.Fprintf(s.out, "the secret of %s is stored %s\n", v.Webhook, inert.Text(where))
	return nil
}

type secretRmVerb struct {
	Webhook string `arg:"" help:"Name of the webhook."`
	secretFlags
}

func (v *secretRmVerb) Run(s *session) error {
	where, err := v.change(s.ctx,
		func(a *api) error { return a.RemoveSecret(s.ctx, v.Webhook) },
		func(st *secret.Store) error {
			if _, ok := st.Get(v.Webhook); !ok {
				return console.ErrNoSecret
			}
			return st.Remove(v.Webhook)
		})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "the secret of %s is no longer stored %s\n", inert.Text(v.Webhook), inert.Text(where))
	return nil
}

type secretLsVerb struct {
	output
	secretFlags
}

func (v *secretLsVerb) Run(s *session) error {
	list, err := v.list(s.ctx)
	if err != nil {
		return err
	}
	return v.print(s, console.SecretList{Secrets: list}, func() {
		if len(list) == 0 {
			fmt.Fprintln(s.err, "no secrets are stored")
			return
		}
		t := newTable(s.out, "WEBHOOK", "SET", "FROM")
		for _, one := range list {
			t.row(one.Webhook, ago(one.Set, time.Now()), one.From)
		}
		t.flush()
	})
}

// list asks the agent, or reads what is in the data directory.
func (f secretFlags) list(ctx context.Context) ([]console.Secret, error) {
	a, err := f.api(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.Secrets(ctx)
	if !errors.Is(err, console.ErrUnreachable) {
		return list, a.explain(err)
	}
	st, err := secret.Open(f.dataDir(ctx))
	if err != nil {
		return nil, &agent.StorageError{Cause: err}
	}
	list = []console.Secret{}
	for _, one := range st.List() {
		list = append(list, console.Secret{Webhook: one.Webhook, Set: one.Set, From: one.From})
	}
	return list, nil
}

// change lets the agent change its secrets, or without one the store itself;
// where says which.
func (f secretFlags) change(ctx context.Context, there func(*api) error, here func(*secret.Store) error) (where string, err error) {
	a, err := f.api(ctx)
	if err != nil {
		return "", err
	}
	err = there(a)
	if !errors.Is(err, console.ErrUnreachable) {
		return "by the agent at " + a.address, a.explain(err)
	}
	dir := f.dataDir(ctx)
	release, locked := lock(dir)
	if locked != nil {
		return "", &agent.StorageError{Cause: fmt.Errorf("%w; and %w", locked, err)}
	}
	defer release()
	st, err := secret.Open(dir)
	if err != nil {
		return "", &agent.StorageError{Cause: err}
	}
	return "in " + dir + "; no agent runs", here(st)
}

// dataDir is the flag's directory, else the configured one, as far as the
// configuration can be read.
func (f secretFlags) dataDir(ctx context.Context) string {
	if f.DataDir != "" {
		return f.DataDir
	}
	files, _ := config.Read(ctx, f.path())
	dir, _ := config.Peek(files, config.Inputs{})
	return dir
}

// maxSecret bounds what is read of a secret, in bytes.
const maxSecret = 64 << 10

// readSecret reads a secret from standard input: without echo from a terminal,
// else all of it but one line ending.
func (s *session) readSecret(prompt string) (secret.Text, error) {
	raw, err := s.readSecretBytes(prompt)
	switch {
	case err != nil:
		return secret.Text{}, fmt.Errorf("read the secret: %w", err)
	case len(raw) > maxSecret:
		return secret.Text{}, errors.New("the secret is over 64 KiB")
	case trimLine(string(raw)) == "":
		return secret.Text{}, errors.New("no secret was given; it is read from standard input")
	}
	return secret.New(trimLine(string(raw))), nil
}

func (s *session) readSecretBytes(prompt string) ([]byte, error) {
	if !isTerminal(s.in) {
		return io.ReadAll(io.LimitReader(s.in, maxSecret+1))
	}
	fmt.Fprint(s.err, prompt)
	defer fmt.Fprintln(s.err)
	return term.ReadPassword(int(s.in.(*os.File).Fd()))
}
