package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile puts data in the file at path, in place of what was there. When it
// returns nil, content, mode and name are on disk. The mode is exact, whatever
// the umask, and no wider one is ever in force. A symlink at path is replaced,
// not followed. Errors name the path.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	if err := fill(f, data, mode); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return SyncDir(dir)
}

// fill gives f its content and mode, on disk, and closes it.
func fill(f *os.File, data []byte, mode fs.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
