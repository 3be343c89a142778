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
)

// first finds the configuration to start with: the files', or with LastGood
// the last one that worked.
func (a *Agent) first(ctx context.Context) (config.Files, *config.Generation, bool, error) {
	files, ds := config.Read(ctx, a.options.Config)
	var g *config.Generation
	in, asked := a.inputs(config.ReadFile)
	if !ds.HasErrors() {
		g, ds = config.Load(files, in)
	}
	if !ds.HasErrors() {
		a.warn(ds)
		return files, g, false, nil
	}
	if !a.options.LastGood {
		return files, nil, false, &ConfigError{ds}
	}
	a.rejected.Store(&rejection{files.Hash, ds, asked()})
	a.log.Error("configuration rejected; starting with the last one that worked", zap.String("error", ds.Error()))
	good, g, err := a.fromLastGood(files)
	if err != nil {
		return files, nil, false, fmt.Errorf("%w; and there is no last good configuration: %w", &ConfigError{ds}, err)
	}
	return good, g, true, nil
}

// lastGood is a configuration as it is kept in the data directory: its own
// files, and those that it read from its directory.
type lastGood struct {
	Format int           `json:"format"`
	Dir    string        `json:"dir"`
	Files  []config.File `json:"files"`
	Extra  []config.File `json:"extra"`
}

func writeLastGood(dataDir string, files config.Files, extra []string) error {
	kept := lastGood{Format: 1, Dir: files.Dir, Files: files.Files}
	for _, name := range extra {
		rel, err := filepath.Rel(files.Dir, name)
		if err != nil || !filepath.IsLocal(rel) {
			continue // a secret from elsewhere is read anew, never copied
		}
		content, err := config.ReadFile(name)
		if err != nil {
			return fmt.Errorf("last good configuration: %w", err)
		}
		kept.Extra = append(kept.Extra, config.File{Name: name, Content: content})
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("last good configuration: %w", err)
	}
	return durable.WriteFile(LastGoodFile(dataDir), raw, 0o600)
}

func (a *Agent) fromLastGood(bad config.Files) (config.Files, *config.Generation, error) {
	dataDir := a.options.DataDir
	if dataDir == "" {
		dataDir, _ = config.Peek(bad, config.Inputs{})
	}
	raw, err := os.ReadFile(LastGoodFile(dataDir))
	if err != nil {
		return config.Files{}, nil, err
	}
	var kept lastGood
	if err := json.Unmarshal(raw, &kept); err != nil {
		return config.Files{}, nil, fmt.Errorf("%s: %w", LastGoodFile(dataDir), err)
	}
	if kept.Format != 1 {
		return config.Files{}, nil, fmt.Errorf("%s: format %d is not known to this version", LastGoodFile(dataDir), kept.Format)
	}
	files := config.Files{Dir: kept.Dir, Files: kept.Files}
	in, _ := a.inputs(kept.read)
	g, ds := config.Load(files, in)
	if ds.HasErrors() {
		return config.Files{}, nil, errors.New(ds.Error())
	}
	return files, g, nil
}

// read gives back a file that was kept, else the one on disk.
func (l *lastGood) read(path string) ([]byte, error) {
	for _, f := range l.Extra {
		if f.Name == path {
			return f.Content, nil
		}
	}
	return config.ReadFile(path)
}
