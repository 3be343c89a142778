package cli

import (
	"time"

	"github.com/posternhq/postern/console"
)

type healthcheckVerb struct {
	Console consoleAddress `help:"The agent's console (${default})." default:"127.0.0.1:7481" env:"POSTERN_CONSOLE" placeholder:"HOST:PORT"`
}

// healthPatience is below the timeouts that containers usually have.
const healthPatience = 2 * time.Second

func (v *healthcheckVerb) Run(s *session) error {
	return console.NewClient(console.Dial{Address: string(v.Console), Timeout: healthPatience}).Ready(s.ctx)
}
