package agent

import (
	"fmt"
	"time"

	"go.uber.org/zap"
)

// inReach is more than what a recovery takes between two steps, on a slow disk.
const inReach = 30 * time.Second

// tell logs, once, that the service manager doesn't hear what it is told. It
// draws its own conclusions.
func (a *Agent) tell(err error) {
	if err != nil && a.unheard.CompareAndSwap(false, true) {
		a.log.Warn("the service manager does not listen; this is said once", zap.Error(err))
	}
}

// recovering asks for more time, as often as the line gets on with its recovery.
func (a *Agent) recovering() { a.tell(a.options.Service.Extend(inReach)) }

// readAnew says that the configuration is read, and, by what it returns, that
// this has ended: well or not, the agent does its work.
func (a *Agent) readAnew() (ended func()) {
	if a.phase.Load() != "running" {
		return func() {}
	}
	a.tell(a.options.Service.Reloading())
	return func() { a.tell(a.options.Service.Ready(a.summary())) }
}

// stopping says that the agent ends, and how long that may take.
func (a *Agent) stopping() {
	g := a.force.Load().generation.Agent
	a.tell(a.options.Service.Stopping("stopping; attempts under way may end", g.ShutdownDelay+g.DrainTimeout+inReach))
}

// summary is the agent in one line.
func (a *Agent) summary() string {
	f := a.force.Load()
	text := fmt.Sprintf("generation %d, webhooks: %d, deliveries that wait: %d", f.number, len(f.generation.Plan.Webhooks), a.backlog.Load())
	if r := a.rejected.Load(); r != nil {
		text = fmt.Sprintf("generation %d goes on, for what is on disk was REJECTED: %s", f.number, r.diagnostics.Error())
	}
	return text
}
