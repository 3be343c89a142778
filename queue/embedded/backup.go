package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"
)

// snapshot calls use with a directory of files that stay as they are, and removes
// it afterwards.
func (k *Keeper) snapshot(name string, use func(files vfs.FS, within string) error) (err error) {
	k.snapshots.Lock()
	defer k.snapshots.Unlock()
	files := k.site.files
	within := files.PathJoin(k.site.dir, name)
	if err := files.RemoveAll(within); err != nil { // what one that was cut off left
		return err
	}
	l := k.line.Load()
	if err := l.enter(); err != nil {
		return err
	}
	err = l.store.snapshot(within)
	l.leave()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.RemoveAll(within)) }()
	return use(files, within)
}

// ErrNotEmpty says that a backup would be mixed with something else, be it the line.
var ErrNotEmpty = errors.New("the directory is not empty")

// backupName is a file that tells a copy from what it was copied from.
const backupName = "backup"

// Backup copies an open line to a directory, which is made, or empty.
func (k *Keeper) Backup(to string) error {
	if err := k.site.backupTo(to); err != nil {
		return err
	}
	return k.snapshot(backingUp, func(files vfs.FS, within string) error { return copyLine(files, within, to, k.o.Now()) })
}

// BackupDir copies the line of a data directory in which none is open, and which
// whoever calls it has locked.
func BackupDir(dir, to string) error {
	s := site{dir: dir, files: vfs.Default}
	version, err := checkFormat(s.files, dir)
	if err != nil {
		return err
	}
	if _, half := s.files.Stat(filepath.Join(dir, rebuiltName)); version == 0 || half == nil {
		return fmt.Errorf("%s holds no line, or one whose repair was cut off; postern doctor tells more", dir)
	}
	if err := s.backupTo(to); err != nil {
		return err
	}
	return copyLine(s.files, filepath.Join(dir, lineName), to, time.Now())
}

// backupTo makes the directory of a backup, whose path begins at the root.
func (s *site) backupTo(to string) error {
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return err
	}
	if within, err := filepath.Rel(dir, to); err == nil && filepath.IsLocal(within) {
		return fmt.Errorf("%s is in the data directory itself: %w", to, ErrNotEmpty)
	}
	if err := makeDir(vfs.Default, to); err != nil {
		return err
	}
	entries, err := os.ReadDir(to)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s: %w", to, ErrNotEmpty)
	}
	if err != nil {
		return err
	}
	return os.Chmod(to, 0o700)
}

// copyLine copies files, and at last says what they are: a copy that was cut off
// has no format, and no agent starts with it.
func copyLine(files vfs.FS, within, to string, now time.Time) error {
	under := filepath.Join(to, lineName)
	if err := makeDir(vfs.Default, under); err != nil {
		return err
	}
	names, err := files.List(within)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := copyFile(files, files.PathJoin(within, n), filepath.Join(under, n)); err != nil {
			return err
		}
	}
	if err := syncDir(vfs.Default, under); err != nil {
		return err
	}
	made := []byte(now.UTC().Format(time.RFC3339) + "\n")
	if err := writeWhole(vfs.Default, filepath.Join(to, backupName), made); err != nil {
		return err
	}
	if err := writeFormat(vfs.Default, to); err != nil {
		return err
	}
	return errors.Join(os.Chmod(filepath.Join(to, backupName), 0o600), os.Chmod(filepath.Join(to, "format"), 0o600))
}

func copyFile(files vfs.FS, from, to string) (err error) {
	in, err := files.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// tellBackup warns that what is opened is a copy of a line as it once was.
func tellBackup(at *site, o Options) error {
	name := at.files.PathJoin(at.dir, backupName)
	made, err := readFile(at.files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	o.Log.Warn("this is a backup: what was delivered since it was made goes out again, with the same webhook-id; what was accepted since is not in it",
		zap.String("made", strings.TrimSpace(made)))
	return at.files.Remove(name)
}

const (
	backingUp = "backing-up" // snapshots, for as long as they are read
	checking  = "checking"
)

// clearSnapshots removes what a process left that ended meanwhile: links and copies.
func clearSnapshots(at *site) error {
	return errors.Join(at.files.RemoveAll(at.files.PathJoin(at.dir, backingUp)), at.files.RemoveAll(at.files.PathJoin(at.dir, checking)))
}
