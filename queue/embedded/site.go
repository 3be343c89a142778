package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"
)

// A site is where a line stands: its directory, locked. A file that is open goes
// on taking what is written when it has no name any more, so somebody has to look
// whether the directory is still there.
type site struct {
	dir   string
	files vfs.FS
	disk  bool // files are those of the disk
	lock  io.Closer
	claim func() error
	mends bool // damage that is met is mended while the line runs

	opened string // a file that Pebble keeps as long as it is open; empty: not known yet
}

func newSite(dir string, o Options) (*site, error) {
	s := &site{dir: dir, files: o.FS, disk: o.FS == nil}
	if s.disk {
		s.files = vfs.Default
	}
	if err := makeDir(s.files, dir); err != nil {
		return nil, fmt.Errorf("make data directory %s: %w", dir, err)
	}
	lock, claim, err := lockIn(dir, o.FS)
	if err != nil {
		return nil, err
	}
	s.lock, s.claim = lock, claim
	return s, nil
}

// open opens the line, and rebuilds it first if it is damaged. before is the broken
// one in whose place it steps, or nil.
func (s *site) open(o Options, before *Line) (*Line, error) {
	var l *Line
	var err error
	if before != nil && isDamage(before.store.reason()) {
		err = before.store.reason()
	} else {
		l, err = openIn(s, o, before)
	}
	if isDamage(err) {
		l, err = s.openRebuilt(o, before, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open line in %s: %w", s.dir, err)
	}
	l.lock = noLock{} // it is ours
	if s.opened, err = s.find(); err != nil {
		return nil, errors.Join(fmt.Errorf("open line in %s: %w", s.dir, err), l.Close())
	}
	return l, nil
}

// openRebuilt rebuilds a damaged line and opens it.
func (s *site) openRebuilt(o Options, before *Line, damage error) (*Line, error) {
	var known *DamageError
	if !errors.As(damage, &known) {
		damage = &DamageError{Cause: damage}
	}
	if err := s.mayRepair(o); err != nil {
		return nil, fmt.Errorf("%w: %w", err, damage)
	}
	report, err := s.repair(o)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, damage)
	}
	l, err := openIn(s, o, before)
	if err != nil {
		return nil, err
	}
	l.corrupt += int64(len(report.Findings)) + report.Unreadable
	return l, nil
}

// find finds the options file of the database, which is there as long as it is
// open and not written again.
func (s *site) find() (name string, err error) {
	within := s.files.PathJoin(s.dir, lineName)
	names, err := s.files.List(within)
	if err != nil {
		return "", err
	}
	last := ""
	for _, n := range names {
		if strings.HasPrefix(n, "OPTIONS-") && (len(n) > len(last) || len(n) == len(last) && n > last) {
			last = n
		}
	}
	return s.files.PathJoin(within, last), nil
}

// look tells why nothing that is written may be relied on; nil: it may. open says
// that the line is.
func (s *site) look(open bool) error {
	if s.disk {
		if err := s.lookAtDisk(); err != nil {
			return err
		}
	} else if _, err := s.files.Stat(s.dir); err != nil {
		return s.gone(err)
	}
	if !open {
		return nil
	}
	if _, err := s.files.Stat(s.opened); err != nil {
		return s.gone(err)
	}
	return nil
}

func (s *site) gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("the data directory %s, or what is in it, was removed, renamed or unmounted: %w", s.dir, err)
	}
	return fmt.Errorf("the data directory %s can't be looked at: %w", s.dir, err)
}

func (s *site) lookAtDisk() error {
	there, err := os.Lstat(filepath.Join(s.dir, "lock"))
	if err != nil {
		return s.gone(err)
	}
	if own, ok := s.lock.(*dirLock); ok {
		ours, err := own.file.Stat()
		if err != nil {
			return s.gone(err)
		}
		if !os.SameFile(ours, there) {
			return fmt.Errorf("%s is another directory than the one that was opened", s.dir)
		}
	}
	var st unix.Statfs_t
	if err := unix.Statfs(s.dir, &st); err != nil {
		return s.gone(err)
	}
	return s.writable(st.Flags)
}

func (s *site) writable(flags int64) error {
	err := error(unix.EROFS)
	if flags&unix.ST_RDONLY == 0 {
		err = unix.Access(filepath.Join(s.dir, "line"), unix.W_OK|unix.X_OK)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return s.gone(err)
	}
	if err != nil {
		return fmt.Errorf("the data directory %s can't be written to: %w", s.dir, err)
	}
	return nil
}
