package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A failure makes the step numbered at fail: once, or it and all that follow.
type failure struct {
	at, seen int
	forGood  bool
	err      error
}

func (f *failure) next() error {
	f.seen++
	if f.seen == f.at || f.forGood && f.seen > f.at {
		return f.err
	}
	return nil
}

// failing are the steps of a disk that fails. What was written in part stays
// written, and a file is closed whatever its closing says.
func failing(f *failure) *steps {
	return &steps{
		create: func(dir, pattern string) (*os.File, error) {
			if err := f.next(); err != nil {
				return nil, err
			}
			return os.CreateTemp(dir, pattern)
		},
		fill: func(file *os.File, data []byte) (int, error) {
			if err := f.next(); err != nil {
				n, _ := file.Write(data[:len(data)/2])
				return n, err
			}
			return file.Write(data)
		},
		chown:  func(file *os.File, uid, gid int) error { return errors.Join(f.next(), file.Chown(uid, gid)) },
		chmod:  func(file *os.File, mode fs.FileMode) error { return errors.Join(f.next(), file.Chmod(mode)) },
		sync:   func(file *os.File) error { return errors.Join(f.next(), file.Sync()) },
		close:  func(file *os.File) error { return errors.Join(f.next(), file.Close()) },
		keep:   func(string) error { return f.next() },
		rename: f.unlessFailed(os.Rename),
		remove: func(path string) error {
			return f.unlessFailed(func(path, _ string) error { return os.Remove(path) })(path, "")
		},
	}
}

func (f *failure) unlessFailed(do func(a, b string) error) func(a, b string) error {
	return func(a, b string) error {
		if err := f.next(); err != nil {
			return err
		}
		return do(a, b)
	}
}

// Whichever step fails, once or for good, the file is the old one or the new one,
// whole, and the old one unless only its name was left to bring to disk.
func TestAFailedStepLeavesTheOldFileOrTheNewOneWhole(t *testing.T) {
	const was, becomes = "the old content", "the new content, which is longer"
	faults := []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS}
	for _, forGood := range []bool{false, true} {
		for at := 1; ; at++ {
			path := filepath.Join(t.TempDir(), "secrets.json")
			if err := WriteFile(path, []byte(was), 0o600); err != nil {
				t.Fatal(err)
			}
			f := &failure{at: at, forGood: forGood, err: faults[at%len(faults)]}
			err := failing(f).write(path, []byte(becomes), look{mode: 0o600, uid: os.Getuid(), gid: os.Getgid()})
			if f.seen < at {
				if err != nil || at < 9 {
					t.Errorf("%d steps were made to fail, and then: %v", at-1, err)
				}
				break
			}
			content, read := os.ReadFile(path)
			renamed := string(content) == becomes
			switch {
			case read != nil || !renamed && string(content) != was:
				t.Errorf("step %d failed (for good: %v), and the file has %q, %v", at, forGood, content, read)
			case !errors.Is(err, f.err):
				t.Errorf("step %d failed (for good: %v): %v", at, forGood, err)
			case renamed && at < 8:
				t.Errorf("step %d failed (for good: %v), and the file is the new one", at, forGood)
			}
			if !forGood {
				wantNames(t, filepath.Dir(path), "secrets.json")
			}
		}
	}
}
