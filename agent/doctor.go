package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/posternhq/postern/console"
	"github.com/posternhq/postern/internal/durable"
	"github.com/posternhq/postern/internal/secret"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/embedded"
)

// A Checkup is what a data directory is like.
type Checkup struct {
	DataDir string `json:"data_dir"`
	Running bool   `json:"running"` // an agent has it, and looked itself
	OK      bool   `json:"ok"`      // there are no findings
	embedded.Check
}

// A Finding is something that is not as it should be.
type Finding = embedded.Finding

// Repaired says what a repair kept, and what it could not.
type Repaired = embedded.Rebuilt

// CheckDir checks a data directory that no agent has, and changes nothing in it.
// Its errors are *StorageErrors; of one that an agent has it wraps a
// *queue.InUseError.
func CheckDir(dir string) (Checkup, error) {
	c := Checkup{DataDir: dir}
	held, err := embedded.Hold(dir)
	if err != nil {
		return c, &StorageError{err}
	}
	defer func() { _ = held.Close() }() // nothing was written under it
	if c.Check, err = embedded.CheckDir(dir, embedded.Options{}); err != nil {
		return c, &StorageError{fmt.Errorf("%s: %w", dir, err)}
	}
	c.beside(dir)
	return c, nil
}

// Check tells what all that is stored is like, as a [Checkup].
func (a *Agent) Check(context.Context) (json.RawMessage, error) {
	c := Checkup{DataDir: a.dataDir, Running: true}
	if full, err := filepath.Abs(a.dataDir); err == nil {
		c.DataDir = full
	}
	var err error
	if c.Check, err = a.line.Check(); err != nil {
		return nil, err
	}
	c.beside(a.dataDir)
	return json.Marshal(c)
}

// beside looks at the files that are not the line's, and concludes.
func (c *Checkup) beside(dir string) {
	if err := secret.Check(dir); err != nil {
		c.Findings = append(c.Findings, Finding{File: "secrets.json", What: err.Error()})
	}
	if _, _, err := LastGood(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.Findings = append(c.Findings, Finding{File: "last-good.json", What: err.Error() + "; it is written anew by the next reload"})
	}
	c.OK = len(c.Findings) == 0
	if c.OK {
		c.Findings = []Finding{} // for JSON
	}
}

// RepairDir rebuilds the line of a data directory that no agent has, of what can be
// read, and keeps the old files. Its errors are *StorageErrors.
func RepairDir(dir string) (Repaired, error) {
	r, err := embedded.Repair(dir, embedded.Options{})
	if err != nil {
		return r, &StorageError{err}
	}
	return r, nil
}

// extraFiles hold secrets, and are copied only if these are wanted.
var extraFiles = []string{"secrets.json", "last-good.json"}

// BackupDir copies what is stored in a data directory that no agent has. Its errors
// are *StorageErrors.
func BackupDir(dir, to string, secrets bool) error {
	held, err := embedded.Hold(dir)
	if err != nil {
		return &StorageError{err}
	}
	defer func() { _ = held.Close() }() // nothing was written under it
	if err := embedded.BackupDir(dir, to); err != nil {
		return &StorageError{known(err)}
	}
	return copyExtras(dir, to, secrets)
}

// Backup copies what is stored to a directory.
func (a *Agent) Backup(_ context.Context, to string, secrets bool) error {
	if !filepath.IsAbs(to) {
		return fmt.Errorf("%q is not a path from the root: %w", to, console.ErrInvalid)
	}
	if err := a.line.Backup(to); err != nil {
		return known(err)
	}
	return copyExtras(a.dataDir, to, secrets)
}

// known says in the console's words what a caller can do something about.
func known(err error) error {
	var full *fs.PathError
	switch {
	case errors.Is(err, embedded.ErrNotEmpty):
		return fmt.Errorf("%w: %w", err, console.ErrNotEmpty)
	case errors.Is(err, queue.ErrUnavailable):
		return err
	case errors.As(err, &full):
		return fmt.Errorf("%w: %w", err, console.ErrInvalid)
	}
	return err
}

func copyExtras(dir, to string, secrets bool) error {
	if !secrets {
		return nil
	}
	for _, name := range extraFiles {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := durable.WriteFile(filepath.Join(to, name), raw, 0o600); err != nil {
			return err
		}
	}
	return nil
}
