package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"go.uber.org/zap"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/internal/logline"
	"github.com/posternhq/postern/internal/systemd"
)

type runVerb struct {
	configFlag
	LastGood bool `help:"If the configuration is bad, start with the last one that worked." env:"POSTERN_LAST_GOOD"`
	dataDirFlag
	LogLevel  string `help:"Level of the log, in place of agent.log_level: debug, info, warn or error." enum:",debug,info,warn,error" default:"" env:"POSTERN_LOG_LEVEL" placeholder:"LEVEL"`
	LogFormat string `help:"Format of the log, in place of agent.log_format: json or console. Default: console on a terminal, else json." enum:",json,console" default:"" env:"POSTERN_LOG_FORMAT" placeholder:"FORMAT"`
}

func (v *runVerb) Run(s *session) error {
	// A reader of the log that goes away must not take the agent with it.
	signal.Ignore(syscall.SIGPIPE)
	service, err := systemd.Take()
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(s.ctx, nil)
	defer stop()
	wishes, done := reloads(s.hangups)
	defer done()
	logs, closeLogs := openLogs(s, v.LogLevel, v.LogFormat)
	defer closeLogs()
	tending, enough := context.WithCancel(ctx)
	var memory sync.WaitGroup
	memory.Go(func() { tendMemory(tending) })
	defer memory.Wait()
	defer enough()
	die := func(err error) {
		closeLogs()
		os.Exit(s.fail(err))
	}
	return agent.Run(ctx, agent.Options{
		Service: service,
		Config:  v.path(), LastGood: v.LastGood, DataDir: v.DataDir,
		LogLevel: v.LogLevel, Format: v.LogFormat,
		Version: version(), Logs: logs, Reload: wishes, Die: die,
	})
}

// openLogs starts the process's log on standard error; stop writes what is left.
func openLogs(s *session, level, format string) (logs *logline.Log, stop func()) {
	logs = logline.New(logline.Options{Level: level, Format: format, Out: s.err})
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.ctx))
	var writing sync.WaitGroup
	writing.Go(func() { logs.Run(ctx) })
	// net/http complains of receivers on the standard log, in their words.
	restore, err := zap.RedirectStdLogAt(logs.Logger, zap.DebugLevel)
	if err != nil {
		restore = func() {}
	}
	return logs, func() {
		restore()
		logs.Close()
		cancel()
		writing.Wait()
	}
}
