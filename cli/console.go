package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/secret"
)

// consoleDefault is where the console is unless the configuration says otherwise.
const consoleDefault = "127.0.0.1:7481"

// A consoleAddress is host:port, read also as people paste it: as a URL.
type consoleAddress string

// UnmarshalText implements [encoding.TextUnmarshaler], for kong.
func (a *consoleAddress) UnmarshalText(text []byte) error {
	address := strings.TrimSuffix(strings.TrimPrefix(string(text), "http://"), "/")
	_, port, err := net.SplitHostPort(address)
	if address != "" && (err != nil || port == "" || strings.Contains(address, "/")) {
		return fmt.Errorf("%q is not host:port, such as %s", text, consoleDefault)
	}
	*a = consoleAddress(address)
	return nil
}

// consoleFlags say how a verb reaches a running agent.
type consoleFlags struct {
	Console consoleAddress `help:"The agent's console. Default: as the configuration says, else 127.0.0.1:7481." env:"POSTERN_CONSOLE" placeholder:"HOST:PORT"`
	tokenFlag
	configFlag
}

// An api is the console of a running agent, and where that is.
type api struct {
	*console.Client
	address string
	why     string // that address
}

// api finds the agent's console. The configuration's token is shown at the
// configuration's address only.
func (f consoleFlags) api(ctx context.Context) (*api, error) {
	a := &api{address: string(f.Console), why: "that of --console or POSTERN_CONSOLE"}
	if a.address == "" {
		if err := f.exists(); err != nil {
			return nil, err
		}
	}
	configured := f.configured(ctx, a)
	token, err := f.token(configured)
	if err != nil {
		return nil, err
	}
	a.Client = console.NewClient(console.Dial{Address: a.address, Token: token})
	return a, nil
}

// configured takes over the address that the configuration says, as far as it
// can be read and no other was given, and yields the token for it.
func (f consoleFlags) configured(ctx context.Context, a *api) (token secret.Text) {
	files, ds := config.Read(ctx, f.path())
	_, door := config.Peek(files, config.Inputs{})
	switch {
	case a.address == "" && ds.HasErrors():
		a.address, a.why = consoleDefault, "the default, for no configuration can be read at "+f.path()
	case a.address == "":
		a.address, a.why, token = door.Address, "that in "+f.path(), door.Token
	case !ds.HasErrors() && console.Reachable(a.address) == console.Reachable(door.Address):
		token = door.Token
	}
	return token
}

// explain turns a failed call into what a person can act on.
func (a *api) explain(err error) error {
	var no *console.Refusal
	switch {
	case err == nil:
		return nil
	case errors.Is(err, console.ErrUnreachable):
		return &unreachableError{err, "The address is " + a.why + ". Give --console, or --config for the agent's configuration."}
	case errors.As(err, &no) && no.Status == 401:
		return fmt.Errorf("%w; give --token-file or POSTERN_TOKEN", err)
	}
	return err
}
