package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/queue"
)

// formatVersion is the version of everything that doc.go describes.
const formatVersion = 1

const formatText = "postern-line %d\n"

// makeDir makes dir with mode 0700, and every directory above it that is
// missing, so that they survive a power cut.
func makeDir(f vfs.FS, dir string) error {
	if _, err := f.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := f.PathDir(dir)
	if parent != dir {
		if err := makeDir(f, parent); err != nil {
			return err
		}
	}
	if err := f.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(f, parent)
}

func syncDir(f vfs.FS, dir string) error {
	d, err := f.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// checkFormat reads the format of dir, and touches nothing. It is 0 for a
// directory that holds no line yet.
func checkFormat(f vfs.FS, dir string) (version int, err error) {
	name := f.PathJoin(dir, "format")
	text, err := readFile(f, name)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := f.Stat(f.PathJoin(dir, "line")); err == nil {
			return 0, fmt.Errorf("%s is missing: the directory holds a line of an unknown format", name)
		}
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := fmt.Sscanf(text, formatText, &version)
	switch {
	case err != nil || n != 1 || version < 1 || !strings.HasSuffix(text, "\n"):
		return 0, fmt.Errorf("%s does not name a format: %.40q", name, text)
	case version > formatVersion:
		return 0, fmt.Errorf("format %d of the line: %w", version, queue.ErrNewerFormat)
	}
	return version, nil
}

func readFile(f vfs.FS, name string) (string, error) {
	file, err := f.Open(name)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(file, 1024))
	return string(text), errors.Join(err, file.Close())
}

// writeFormat is done before anything else is stored, and whole or not at all.
func writeFormat(f vfs.FS, dir string) error {
	name := f.PathJoin(dir, "format")
	file, err := f.Create(name+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, formatText, formatVersion)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := f.Rename(name+".new", name); err != nil {
		return err
	}
	return syncDir(f, dir)
}
