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

func writeFile(path string, data []byte, l look) error { return disk.write(path, data, l) }

// steps are what a write consists of; a test makes them fail.
type steps struct {
	create func(dir, pattern string) (*os.File, error)
	fill   func(f *os.File, data []byte) (int, error)
	chown  func(f *os.File, uid, gid int) error
	chmod  func(f *os.File, mode fs.FileMode) error
	sync   func(f *os.File) error
	close  func(f *os.File) error
	rename func(from, to string) error
	remove func(path string) error
	keep   func(dir string) error // brings the names in it to disk
}

var disk = steps{
	create: os.CreateTemp,
	fill:   (*os.File).Write,
	chown:  (*os.File).Chown,
	chmod:  (*os.File).Chmod,
	sync:   (*os.File).Sync,
	close:  (*os.File).Close,
	rename: os.Rename,
	remove: os.Remove,
	keep:   SyncDir,
}

func (s *steps) write(path string, data []byte, l look) error {
	dir := filepath.Dir(path)
	f, err := s.create(dir, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	if err := s.finish(f, data, l); err != nil {
		return errors.Join(err, s.remove(f.Name()))
	}
	if err := s.rename(f.Name(), path); err != nil {
		return errors.Join(err, s.remove(f.Name()))
	}
	return s.keep(dir)
}

// finish gives f its content and look, on disk, and closes it.
func (s *steps) finish(f *os.File, data []byte, l look) error {
	_, err := s.fill(f, data)
	if err == nil && (l.uid >= 0 || l.gid >= 0) {
		err = s.chown(f, l.uid, l.gid)
	}
	if err == nil {
		err = s.chmod(f, l.mode)
	}
	if err == nil {
		err = s.sync(f)
	}
	return errors.Join(err, s.close(f))
}
