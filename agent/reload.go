package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/metrics"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/outbound"
)

// rejection is a configuration on disk that is not in force.
type rejection struct {
	hash        string // of the files, so that it is logged once
	diagnostics config.Diagnostics
	reads       *reads // which may mend it
}

// Reload reads the configuration and puts it in force, or says why not.
func (a *Agent) Reload(ctx context.Context) console.Reload {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	defer a.readAnew()()
	return a.reload(ctx)
}

func (a *Agent) reload(ctx context.Context) console.Reload {
	return a.apply(config.Read(ctx, a.options.Config))
}

// look reloads if what is on disk is news: neither what is in force nor what was
// rejected already. Watching begins with a look, and one follows each reload that
// somebody asked for.
func (a *Agent) look(ctx context.Context) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	if files, ds := config.Read(ctx, a.options.Config); !a.knows(files) {
		defer a.readAnew()()
		a.apply(files, ds)
	}
}

// refused tells which files were rejected last; empty: those in force are on disk.
func (a *Agent) refused() string {
	if r := a.rejected.Load(); r != nil {
		return r.hash
	}
	return ""
}

func (a *Agent) knows(files config.Files) bool {
	if r := a.rejected.Load(); r != nil {
		return r.hash == files.Hash && r.reads.still()
	}
	f := a.force.Load()
	return f.files.Hash == files.Hash && f.reads.still()
}

// apply is the reload itself. Everything that can fail comes before swap.
func (a *Agent) apply(files config.Files, ds config.Diagnostics) console.Reload {
	in, got := a.inputs(config.ReadFile)
	if ds.HasErrors() {
		return a.reject(files.Hash, ds, got)
	}
	was := a.force.Load()
	g, ds := config.Load(files, in)
	if ds.HasErrors() {
		return a.reject(files.Hash, ds, got)
	}
	if g.Hash == was.generation.Hash {
		return a.unchanged(was, ds)
	}
	diff, restart := config.Compare(was.generation, g)
	if ds := config.Refuse(was.generation, g, restart); ds != nil {
		return a.reject(files.Hash, ds, got)
	}
	draft, err := a.draft(g)
	if err != nil {
		return a.reject(files.Hash, notLive(err), got)
	}

	f := newForce(was.number+1, g, files, got)
	a.swap(f, draft)
	a.rejected.Store(nil)
	a.metrics.Reloaded(metrics.Live, f.loaded)
	a.log.Info("configuration reloaded", zap.Int("generation", f.number), zap.Strings("added", diff.Added),
		zap.Strings("changed", diff.Changed), zap.Strings("removed", diff.Removed))
	a.warn(ds)
	return console.Reload{OK: true, Generation: f.number, Changed: true, Added: list(diff.Added),
		Updated: list(diff.Changed), Removed: list(diff.Removed), Diagnostics: diagnosticsJSON(ds)}
}

func notLive(err error) config.Diagnostics {
	return config.Diagnostics{{Summary: "The configuration can't go live.", Detail: err.Error()}}
}

// draft builds what a generation needs and writes its literal secrets, without
// changing what is in force.
func (a *Agent) draft(g *config.Generation) (*outbound.Draft, error) {
	draft, err := a.lanes.Draft(g.Plan)
	if err != nil {
		return nil, err
	}
	if err := a.secrets.SetAll(g.Literal, secret.FromConfig); err != nil {
		return nil, err
	}
	return draft, nil
}

// swap puts a generation in force. It can't fail. The messenger comes first: an
// event that is matched by the new generation must find its lanes.
func (a *Agent) swap(f *force, draft *outbound.Draft) {
	a.lanes.Swap(draft)
	a.force.Store(f)
	a.setLogs(f.generation)
	a.unrouted.forget()
	a.knowWebhooks(f.generation)
	err := a.ours()
	if err == nil {
		err = writeLastGood(a.dataDir, f.files, f.reads.found)
	}
	if err != nil {
		a.log.Warn("the last good configuration is not kept", zap.Error(err))
	}
}

// knowWebhooks makes the series of webhooks exist from the start, and drops
// those of webhooks that are gone.
func (a *Agent) knowWebhooks(g *config.Generation) {
	for name := range g.Plan.Webhooks {
		a.metrics.Know(name)
		a.webhooks[name] = true
	}
	for name := range a.webhooks {
		if g.Plan.Webhooks[name] == nil {
			a.metrics.Forget(name)
			delete(a.webhooks, name)
		}
	}
}

func (a *Agent) reject(hash string, ds config.Diagnostics, got *reads) console.Reload {
	f := a.force.Load()
	before := a.rejected.Swap(&rejection{hash, ds, got})
	a.metrics.Reloaded(metrics.Rejected, time.Now())
	if before == nil || before.hash != hash || before.diagnostics.Error() != ds.Error() {
		a.log.Error("configuration rejected; the one before stays in force", zap.Int("generation", f.number), zap.String("error", ds.Error()))
	}
	return console.Reload{Generation: f.number, Added: list(nil), Updated: list(nil), Removed: list(nil),
		Diagnostics: diagnosticsJSON(ds), Text: text(ds)}
}

func (a *Agent) unchanged(f *force, ds config.Diagnostics) console.Reload {
	if a.rejected.Swap(nil) != nil {
		a.log.Info("configuration on disk is the one in force again", zap.Int("generation", f.number))
	}
	a.metrics.Reloaded(metrics.Unchanged, time.Now())
	return console.Reload{OK: true, Generation: f.number, Added: list(nil), Updated: list(nil), Removed: list(nil),
		Diagnostics: diagnosticsJSON(ds)}
}

// reads are the files that a configuration asked for beside its own.
type reads struct {
	asked []string // whether they could be read or not
	found extras
}

// still tells whether each of them is as it was.
func (r *reads) still() bool {
	for _, path := range r.asked {
		content, err := config.ReadFile(path)
		was, found := r.found.content(path)
		if found != (err == nil) || !bytes.Equal(was, content) {
			return false
		}
	}
	return true
}

// inputs are what a configuration may ask for, its files coming from read.
func (a *Agent) inputs(read func(string) ([]byte, error)) (config.Inputs, *reads) {
	got := new(reads)
	return config.Inputs{Stored: a.stored, ReadFile: func(path string) ([]byte, error) {
		got.asked = append(got.asked, path)
		content, err := read(path)
		if err == nil {
			got.found = append(got.found, config.File{Name: path, Content: content})
		}
		return content, err
	}}, got
}

// besides are the files beside the configuration's own whose change may change
// what is in force.
func (a *Agent) besides() []string {
	files := a.force.Load().generation.Files
	if r := a.rejected.Load(); r != nil {
		return append(slices.Clip(files), r.reads.asked...)
	}
	return files
}

// stored finds the secret that a webhook has. Before the data directory is
// open, at the start, it is read from the one that the configuration names.
func (a *Agent) stored(dataDir, webhook string) (secret.Text, error) {
	if a.secrets != nil {
		stored, _ := a.secrets.Get(webhook) // empty if there is none
		return stored, nil
	}
	if a.options.DataDir != "" {
		dataDir = a.options.DataDir
	}
	return secret.Peek(dataDir, webhook)
}

func (a *Agent) warn(ds config.Diagnostics) {
	for _, d := range ds {
		if d.Severity == config.Warning {
			a.log.Warn("configuration: "+d.Summary, zap.String("file", d.File), zap.Int("line", d.Line), zap.String("advice", d.Detail))
		}
	}
}

func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

func text(ds config.Diagnostics) string {
	var b strings.Builder
	_ = ds.Write(&b, false) // a strings.Builder doesn't fail
	return b.String()
}

func diagnosticsJSON(ds config.Diagnostics) json.RawMessage {
	if len(ds) == 0 {
		return nil
	}
	raw, err := json.Marshal(ds)
	if err != nil {
		return nil
	}
	return raw
}
