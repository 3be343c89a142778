package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/internal/secret"
)

// configFlag says where the configuration is.
type configFlag struct {
	Config string `help:"The configuration: a directory of *.hcl files, or one file. Default: ./postern.hcl if there is one, else /etc/postern." env:"POSTERN_CONFIG" placeholder:"PATH"`
}

func (f configFlag) path() string {
	if f.Config != "" {
		return f.Config
	}
	if _, err := os.Stat("postern.hcl"); err == nil {
		return "postern.hcl"
	}
	return "/etc/postern"
}

// exists fails if nothing is where --config or its variable says: the agent that
// would be found instead is not the one that is meant.
func (f configFlag) exists() error {
	if _, err := os.Stat(f.Config); f.Config != "" && errors.Is(err, fs.ErrNotExist) {
		return usageError{fmt.Sprintf("--config: there is nothing at %s", f.Config)}
	}
	return nil
}

// peek is the configuration for verbs that can do without: nil if it is broken
// or can't be read. Where this shell lacks the agent's variables, secrets in it
// are unknown.
func (f configFlag) peek(ctx context.Context) *config.Generation {
	files, ds := config.Read(ctx, f.path())
	if ds.HasErrors() {
		return nil
	}
	g, _ := config.Load(files, config.Inputs{Stored: dataDirFlag{}.stored})
	if g == nil {
		g, _ = config.Load(files, config.Inputs{NoEnv: true})
	}
	return g
}

// dataDirFlag says where the agent's own files are.
type dataDirFlag struct {
	DataDir string `help:"The data directory, in place of agent.data_dir." env:"POSTERN_DATA_DIR" placeholder:"DIR"`
}

// stored finds a webhook's stored secret in the flag's directory, else in the
// one that the configuration names.
func (f dataDirFlag) stored(configured, webhook string) (secret.Text, error) {
	if f.DataDir != "" {
		configured = f.DataDir
	}
	return secret.Peek(configured, webhook)
}

// lock keeps the agent, and others like us, out of a data directory, which is
// made if there is none.
func lock(dir string) (release func(), err error) {
	held, err := agent.Lock(dir)
	if err != nil {
		return nil, err
	}
	return func() { _ = held.Close() }, nil
}

// tokenFlag is what a verb shows at a door. A token is never an argument: other
// users see those.
type tokenFlag struct {
	TokenFile string `help:"File with the token of the door. The token itself can stand in the variable POSTERN_TOKEN." type:"path" env:"POSTERN_TOKEN_FILE" placeholder:"FILE"`
}

// token is the one that was given, or else; empty if there is none at all.
func (f tokenFlag) token(otherwise secret.Text) (secret.Text, error) {
	if f.TokenFile != "" {
		raw, err := os.ReadFile(f.TokenFile)
		if err != nil {
			return secret.Text{}, fmt.Errorf("--token-file: %w", err)
		}
		return secret.New(strings.TrimSpace(string(raw))), nil
	}
	if t := os.Getenv("POSTERN_TOKEN"); t != "" {
		return secret.New(t), nil
	}
	return otherwise, nil
}
