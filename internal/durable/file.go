package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile puts data in the file at path, in place of what was there. When it
// returns nil, content, mode and name are on disk. The mode is exact, whatever
// the umask, and no wider one is ever in force. A symlink at path is replaced,
// not followed. Errors name the path.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	return writeFile(path, data, look{mode: mode, uid: -1, gid: -1})
}

// Replace is [WriteFile] for a file that is there already, and looks the same
// afterwards: its mode, owner and group are kept, and where path is a symlink,
// what it points to is replaced. If they can't be kept, nothing is changed.
func Replace(path string, data []byte) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	l := look{mode: info.Mode().Perm(), uid: -1, gid: -1}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		l.uid, l.gid = int(s.Uid), int(s.Gid)
	}
	return writeFile(target, data, l)
}

// look is what a file is beside its content; -1 is whoever makes it.
type look struct {
	mode     fs.FileMode
	uid, gid int
}

func writeFile(path string, data []byte, l look) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	if err := fill(f, data, l); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return SyncDir(dir)
}

// fill gives f its content and look, on disk, and closes it.
func fill(f *os.File, data []byte, l look) error {
	_, err := f.Write(data)
	if err == nil && (l.uid >= 0 || l.gid >= 0) {
		err = f.Chown(l.uid, l.gid)
	}
	if err == nil {
		err = f.Chmod(l.mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
