package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/posternhq/postern/config"
	"github.com/posternhq/postern/internal/durable"
	"github.com/posternhq/postern/internal/secret"
)

// first finds the configuration to start with: the files', or with LastGood
// the last one that worked.
func (a *Agent) first(ctx context.Context) (*force, error) {
	files, ds := config.Read(ctx, a.options.Config)
	var g *config.Generation
	in, got := a.inputs(config.ReadFile)
	if !ds.HasErrors() {
		g, ds = config.Load(files, in)
	}
	if !ds.HasErrors() {
		a.warn(ds)
		return newForce(1, g, files, got), nil
	}
	if err := secret.Check(a.dirOf(files)); err != nil {
		return nil, &StorageError{err} // or secrets that can't be read would be told as a bad configuration
	}
	if !a.options.LastGood {
		return nil, &ConfigError{ds}
	}
	a.rejected.Store(&rejection{files.Hash, ds, got})
	a.log.Error("configuration rejected; starting with the last one that worked", zap.String("error", ds.Error()))
	good, err := a.fromLastGood(files)
	if err != nil {
		return nil, fmt.Errorf("%w; and there is no last good configuration: %w", &ConfigError{ds}, err)
	}
	return good, nil
}

// extras are files that a configuration reads beside its own, as they were.
type extras []config.File

func (x extras) content(path string) (content []byte, found bool) {
	for _, f := range x {
		if f.Name == path {
			return f.Content, true
		}
	}
	return nil, false
}

// read gives back a file as it was, or else as it is on disk.
func (x extras) read(path string) ([]byte, error) {
	if content, found := x.content(path); found {
		return content, nil
	}
	return config.ReadFile(path)
}

// below are those that are really in the directory of the configuration.
func (x extras) below(dir string) extras {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil
	}
	var in extras
	for _, f := range x {
		real, err := filepath.EvalSymlinks(f.Name)
		if err != nil {
			continue
		}
		if rel, err := filepath.Rel(root, real); err == nil && filepath.IsLocal(rel) {
			in = append(in, f)
		}
	}
	return in
}

// lastGood is a configuration as it is kept in the data directory: its own
// files, and those that it read from its directory. A secret from elsewhere is
// read anew, never copied.
type lastGood struct {
	Format int           `json:"format"`
	Dir    string        `json:"dir"`
	Files  []config.File `json:"files"`
	Extra  extras        `json:"extra"`
}

func lastGoodFile(dataDir string) string { return filepath.Join(dataDir, "last-good.json") }

func writeLastGood(dataDir string, files config.Files, found extras) error {
	raw, err := json.Marshal(lastGood{Format: 1, Dir: files.Dir, Files: files.Files, Extra: found.below(files.Dir)})
	if err != nil {
		return fmt.Errorf("last good configuration: %w", err)
	}
	return durable.WriteFile(lastGoodFile(dataDir), raw, 0o600)
}

// LastGood is the configuration that an agent of this data directory has in
// force, or had when it ended, and reads what it read: from its own directory as
// it was, from elsewhere as it is.
func LastGood(dataDir string) (files config.Files, read func(path string) ([]byte, error), err error) {
	var kept lastGood
	raw, err := os.ReadFile(lastGoodFile(dataDir))
	if err != nil {
		return files, nil, err
	}
	if err := json.Unmarshal(raw, &kept); err != nil {
		return files, nil, fmt.Errorf("%s: %w", lastGoodFile(dataDir), err)
	}
	if kept.Format != 1 {
		return files, nil, fmt.Errorf("%s: format %d is not known to this version", lastGoodFile(dataDir), kept.Format)
	}
	return config.Files{Dir: kept.Dir, Files: kept.Files}, kept.Extra.read, nil
}

// dirOf is the data directory of files that may be bad.
func (a *Agent) dirOf(files config.Files) string {
	if a.options.DataDir != "" {
		return a.options.DataDir
	}
	dir, _ := config.Peek(files, config.Inputs{})
	return dir
}

func (a *Agent) fromLastGood(bad config.Files) (*force, error) {
	files, read, err := LastGood(a.dirOf(bad))
	if err != nil {
		return nil, err
	}
	in, got := a.inputs(read)
	g, ds := config.Load(files, in)
	if ds.HasErrors() {
		return nil, errors.New(ds.Error())
	}
	f := newForce(1, g, files, got)
	f.lastGood = true
	return f, nil
}
