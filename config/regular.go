package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ReadRegular reads a regular file of at most limit bytes; symlinks to one are
// followed. It never blocks on a pipe or opens a device, and reads no byte of a
// file whose size is over the limit. Errors don't name the path.
func ReadRegular(path string, limit int64) ([]byte, error) {
	content, _, err := readRegular(path, limit)
	return content, err
}

// readRegular tells also which file it has read.
func readRegular(path string, limit int64) ([]byte, identity, error) {
	id, err := identify(path)
	if err == nil {
		err = id.check(limit)
	}
	if err != nil {
		return nil, id, err
	}
	// It may be another file by now: O_NONBLOCK keeps a pipe from blocking, and
	// the check is made again on what was opened.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, id, bare(err)
	}
	defer f.Close()
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return nil, id, err
	}
	id = newIdentity(s)
	if err := id.check(limit); err != nil {
		return nil, id, err
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, id, bare(err)
	}
	if int64(len(content)) > limit {
		return nil, id, tooLarge(limit)
	}
	return content, id, nil
}

// identity tells one file, and one state of it, from another.
type identity struct {
	dev, ino     uint64
	kind         uint32 // S_IFREG, S_IFDIR, …
	size         int64
	mtime, ctime unix.Timespec
}

// identify follows symlinks and opens nothing. Errors don't name the path.
func identify(path string) (identity, error) {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		if errors.Is(err, fs.ErrNotExist) && isLink(path) {
			return identity{}, errDangling
		}
		return identity{}, err
	}
	return newIdentity(s), nil
}

func newIdentity(s unix.Stat_t) identity {
	return identity{
		dev: uint64(s.Dev), ino: uint64(s.Ino), kind: uint32(s.Mode) & unix.S_IFMT,
		size: s.Size, mtime: s.Mtim, ctime: s.Ctim,
	}
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func (i identity) check(limit int64) error {
	switch i.kind {
	case unix.S_IFREG:
		if i.size > limit {
			return tooLarge(limit)
		}
		return nil
	case unix.S_IFDIR:
		return notRegular("a directory")
	case unix.S_IFIFO:
		return notRegular("a pipe")
	case unix.S_IFSOCK:
		return notRegular("a socket")
	default:
		return notRegular("a device")
	}
}

// A notRegular error says what a path is in place of a regular file.
type notRegular string

func (n notRegular) Error() string { return "it is " + string(n) + ", not a regular file" }

// A tooLarge error holds the limit in bytes.
type tooLarge int64

func (t tooLarge) Error() string { return fmt.Sprintf("it is larger than %d bytes", int64(t)) }

var (
	errDangling = errors.New("it is a symlink to a file that does not exist")
	errTooMany  = fmt.Errorf("more than %d files", maxFiles)
)

const tooLargeAdvice = "All files together may have 1 MiB. Is there a file that does not belong here? Settings that repeat can stand in mapping, defaults and locals once."

// bare takes the path out of an error.
func bare(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// complain turns an error of reading a path into words for people.
func complain(path string, err error) Diagnostic {
	d := Diagnostic{File: path}
	kind, isOther := errors.AsType[notRegular](err)
	_, isTooLarge := errors.AsType[tooLarge](err)
	switch {
	case isOther:
		d.Summary = fmt.Sprintf("A configuration file must be a regular file; this is %s.", string(kind))
		d.Detail = "Move it away, or rename it: only names that end in .hcl are read."
	case errors.Is(err, errDangling):
		d.Summary = "This is a symlink to a file that does not exist."
		d.Detail = "Restore what it points to, or remove the link."
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		d.Summary = "There is no configuration here."
		d.Detail = "Name a directory of *.hcl files, or one file, with --config or POSTERN_CONFIG; without these it is ./postern.hcl, or else /etc/postern. To begin with one: postern init."
	case errors.Is(err, unix.ELOOP):
		d.Summary = "This symlink leads back to itself."
		d.Detail = "Remove the link, or point it to a file."
	case errors.Is(err, fs.ErrPermission):
		d.Summary = "The configuration can't be read: permission denied."
		d.Detail = "Let the user that Postern runs as read it."
	case isTooLarge:
		d.Summary = "The configuration is larger than 1 MiB."
		d.Detail = tooLargeAdvice
	case errors.Is(err, errTooMany):
		d.Summary = fmt.Sprintf("This directory has more than %d configuration files.", maxFiles)
		d.Detail = "Is it the right directory? Several webhooks can stand in one file."
	default:
		d.Summary = fmt.Sprintf("The configuration can't be read: %v.", bare(err))
		d.Detail = "See whether the disk or mount that it is on is in order."
	}
	return d
}
