package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/logline"
	"github.com/posternhq/postern/internal/metrics"
	"github.com/posternhq/postern/internal/pulse"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/internal/systemd"
	"github.com/posternhq/postern/internal/underway"
	"github.com/posternhq/postern/outbound"
	"github.com/posternhq/postern/queue/embedded"
)

// Options of Run.
type Options struct {
	Config   string // the configuration: a directory or a file
	LastGood bool   // start with the last configuration that worked when Config doesn't
	DataDir  string // in place of agent.data_dir; empty: as configured
	LogLevel string // in place of agent.log_level; empty: as configured
	Format   string // in place of agent.log_format; empty: as configured
	Version  string

	// Logs makes the process's log; required.
	Logs *logline.Log

	// Reload asks for a reload at each value: SIGHUP. nil: never.
	Reload <-chan struct{}

	// Die ends the process at once, and does not return: the storage can't go on,
	// in a place that nothing can be recovered from. nil: it panics.
	Die func(error)

	// Service is the process as its service manager knows it; nil: there is none.
	Service *systemd.Service

	// Ready is called once, when the doors are open; nil: nobody.
	Ready func(Addresses)

	// Ended is told of every attempt; nil: nobody.
	Ended func(outbound.Report)
}

// Addresses are where a running agent can be reached.
type Addresses struct {
	Events  []string // host:port or the path of a socket
	Console string   // host:port
}

// An Agent is one running Postern.
type Agent struct {
	options Options
	log     *zap.Logger
	metrics *metrics.Metrics
	line    *embedded.Keeper
	jobs    *underway.Jobs
	lanes   *outbound.Lanes
	secrets *secret.Store
	dataDir string
	started time.Time

	force atomic.Pointer[force] // what is in force; swapped whole
	shut  atomic.Bool           // the doors take no more events
	phase atomic.Value          // starting, running, stopping: a string
	doors doors
	pulse pulse.Pulse

	// One reload at a time. What follows is guarded by it, but for rejected,
	// which is read by the status.
	reloading sync.Mutex
	rejected  atomic.Pointer[rejection]
	webhooks  map[string]bool // that metrics know

	unrouted unrouted
	watchers *watchers
	recent   *recent

	backlog atomic.Int64 // deliveries, as of the last heartbeat
	unheard atomic.Bool  // by the service manager: said once
}

// force is one configuration in force. It is immutable.
type force struct {
	number     int // from 1, counted since the start
	generation *config.Generation
	files      config.Files
	reads      *reads // what it was made from beside these
	loaded     time.Time
	lastGood   bool // it did not come from what was on disk
	types      map[string]bool
}

// label is the metrics' name of an event type.
func (f *force) label(typ string) string {
	if f.types[typ] {
		return typ
	}
	return "other"
}

func newForce(number int, g *config.Generation, files config.Files, got *reads) *force {
	f := &force{number: number, generation: g, files: files, reads: got, loaded: time.Now().UTC(), types: make(map[string]bool, len(g.Events))}
	for _, e := range g.Events {
		f.types[e.Name] = true
	}
	return f
}

// A ConfigError says that there is no configuration to start with.
type ConfigError struct{ Diagnostics config.Diagnostics }

func (e *ConfigError) Error() string { return e.Diagnostics.Error() }

// A StorageError says that the data directory can't be used, or failed.
type StorageError struct{ Cause error }

func (e *StorageError) Error() string { return e.Cause.Error() }
func (e *StorageError) Unwrap() error { return e.Cause }

// Run is the agent's whole life: it returns nil after an orderly stop, a
// *ConfigError or *StorageError, or another error of the start.
func Run(ctx context.Context, o Options) error {
	a := &Agent{
		options: o, log: o.Logs.Logger, metrics: metrics.New(o.Version),
		started: time.Now().UTC(), webhooks: make(map[string]bool), watchers: newWatchers(), recent: newRecent(time.Now()),
	}
	a.phase.Store("starting")
	defer a.close()
	err := a.start(ctx)
	if err == nil {
		err = a.live(ctx)
	}
	if err != nil {
		a.tell(o.Service.Status(err.Error()))
	}
	return err
}

// start gets everything ready that needs no goroutine, the doors last.
func (a *Agent) start(ctx context.Context) error {
	if err := a.open(ctx); err != nil {
		return err
	}
	return a.doors.open(a.force.Load().generation, a.options.Service.Handed())
}

// open gets everything ready behind the doors.
func (a *Agent) open(ctx context.Context) error {
	f, err := a.first(ctx)
	if err != nil {
		return err
	}
	g := f.generation
	a.dataDir = a.dir(g)
	a.setLogs(g)
	if err := secret.Check(a.dataDir); err != nil {
		return &StorageError{err} // before anything in the directory is changed
	}
	if err := a.openLine(g); err != nil {
		return err
	}
	if err := a.openJobs(); err != nil {
		return err
	}
	if a.secrets, err = secret.Open(a.dataDir); err != nil {
		return &StorageError{err}
	}
	a.lanes = outbound.New(outbound.Options{
		Line: a.line, Log: a.log, Metrics: a.metrics, Pulse: &a.pulse, Version: a.options.Version,
		Underway: a.jobs, Files: sharedFiles(mostFiles()), Own: a.doors.addresses, Ended: a.ended,
	})
	draft, err := a.draft(g)
	if err != nil {
		return err
	}
	a.swap(f, draft)
	a.metrics.Loaded(metrics.Live, f.loaded)
	if f.lastGood {
		a.metrics.Loaded(metrics.Rejected, f.loaded)
	}
	a.metrics.Register(console.NewCollector(a, a.log))
	a.options.Logs.OnDropped(a.metrics.LogDropped)
	return nil
}

// ended hears of every attempt.
func (a *Agent) ended(r outbound.Report) {
	a.watchers.tell(r)
	a.recent.note(endedOf(r, time.Now()))
	if a.options.Ended != nil {
		a.options.Ended(r)
	}
}

func (a *Agent) openLine(g *config.Generation) error {
	line, err := embedded.OpenKeeper(a.dataDir, embedded.Options{
		MaxBytes:        g.Queue.MaxBytes,
		RetainDelivered: orNever(g.Queue.RetainDelivered),
		RetainFailed:    orNever(g.Queue.RetainFailed),
		Log:             a.log,
		Synced:          a.metrics.Synced,
		Fatal:           a.options.fatal(),
		Recovering:      a.recovering,
		Tables:          tables(sharedFiles(mostFiles())),
	})
	if err != nil {
		return &StorageError{err}
	}
	a.line = line
	return nil
}

// fatal is what the line calls when it can't go on.
func (o *Options) fatal() func(error) {
	if o.Die == nil {
		return nil
	}
	return func(err error) { o.Die(&StorageError{err}) }
}

// openJobs takes up the record of attempts, in the directory that is ours now.
func (a *Agent) openJobs() error {
	jobs, err := underway.Open(filepath.Join(a.dataDir, "attempts"), time.Now())
	if err != nil {
		return &StorageError{err}
	}
	a.jobs = jobs
	if n := jobs.Found(); n > 0 {
		a.log.Warn("the agent before this one ended while attempts were under way; they are made again", zap.Int("attempts", n))
	}
	return nil
}

// orNever turns no retention into the line's word for it: there, zero is a default.
func orNever(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}

func (a *Agent) close() {
	a.doors.close()
	for _, s := range a.options.Service.Handed() {
		_ = s.Close() // again, if it was served
	}
	if a.line == nil {
		return
	}
	if err := a.jobs.Close(); err != nil {
		a.log.Error("close the record of attempts", zap.Error(err))
	}
	if err := a.line.Close(); err != nil {
		a.log.Error("close the line", zap.Error(err))
	}
}

// dir is the data directory: the flag's, else the configuration's.
func (a *Agent) dir(g *config.Generation) string {
	if a.options.DataDir != "" {
		return a.options.DataDir
	}
	return g.Agent.DataDir
}

func (a *Agent) setLogs(g *config.Generation) {
	level, format := g.Agent.LogLevel, g.Agent.LogFormat
	if a.options.LogLevel != "" {
		level = a.options.LogLevel
	}
	if a.options.Format != "" {
		format = a.options.Format
	}
	a.options.Logs.Set(level, format)
	a.options.Logs.SetSecrets(sensitive(g))
}

// sensitive are the values that the log masks: all that came from outside, but
// for those that say where the agent is, which the log has to say too.
func sensitive(g *config.Generation) []secret.Text {
	open := map[string]bool{g.Agent.DataDir: true, g.Console.Address: true}
	for _, l := range g.Listen {
		open[l.Address], open[l.Path] = true, true
	}
	var out []secret.Text
	for _, s := range g.Plan.Secrets {
		if !open[s.Reveal()] {
			out = append(out, s)
		}
	}
	return out
}

// ConsoleURL is the overview's address for people.
func (d Addresses) ConsoleURL() string {
	return fmt.Sprintf("http://%s/", d.Console)
}
