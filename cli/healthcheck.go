package cli

import (
	"time"

	"github.com/posternhq/postern/console"
)

type healthcheckVerb struct {
	Live    bool           `help:"Ask whether its loops move, not whether it takes events: for liveness probes. A restart may mend what fails." env:"POSTERN_HEALTHCHECK_LIVE"`
	Console consoleAddress `help:"The agent's console (${default})." default:"127.0.0.1:7481" env:"POSTERN_CONSOLE" placeholder:"HOST:PORT"`
}

// healthPatience is below the timeouts that containers usually have.
const healthPatience = 2 * time.Second

func (v *healthcheckVerb) Run(s *session) error {
	c := console.NewClient(console.Dial{Address: string(v.Console), Timeout: healthPatience})
	if v.Live {
		return c.Alive(s.ctx)
	}
	return c.Ready(s.ctx)
}
