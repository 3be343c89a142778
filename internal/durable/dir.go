package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// MkdirAll makes the directory at path and those above it that are missing.
// When it returns nil, the names of all that it made are on disk. Directories
// that exist keep their mode. mode is subject to the umask.
func MkdirAll(path string, mode fs.FileMode) error {
	info, err := os.Stat(path)
	if err == nil {
		return mustBeDir(path, info)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(filepath.Clean(path))
	if parent != path {
		if err := MkdirAll(parent, mode); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, mode); err != nil {
		return raced(path, err)
	}
	return SyncDir(parent)
}

// raced forgives a Mkdir that lost against another one.
func raced(path string, err error) error {
	info, statErr := os.Stat(path)
	if !errors.Is(err, fs.ErrExist) || statErr != nil {
		return err
	}
	return mustBeDir(path, info)
}

func mustBeDir(path string, info fs.FileInfo) error {
	if !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
	}
	return nil
}

// SyncDir brings the names in a directory to disk: what was made, renamed or
// removed in it.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
