package durable

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWriteFileReplacesContentAndMode(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "state.json")
	for _, w := range []struct {
		content string
		mode    fs.FileMode
	}{{"first", 0o600}, {"second, longer", 0o664}, {"", 0o400}, {"third", 0o600}} {
		if err := WriteFile(path, []byte(w.content), w.mode); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != w.content || info.Mode() != w.mode {
			t.Errorf("got %q, mode %v; want %q, mode %v", got, info.Mode(), w.content, w.mode)
		}
	}
	wantNames(t, filepath.Dir(path), "state.json")
}

func TestWriteFileReplacesASymlinkInsteadOfFollowingIt(t *testing.T) {
	dir := t.TempDir()
	target, path := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(target); string(got) != "theirs" {
		t.Errorf("the link's target has %q", got)
	}
	if got, _ := os.ReadFile(path); string(got) != "ours" {
		t.Errorf("the path has %q", got)
	}
}

func TestAFailedWriteFileLeavesTheOldFileAndNoOther(t *testing.T) {
	tests := []struct {
		name string
		path string // below a directory with the file "old" and the directory "dir"
		want error
		with func(t *testing.T)
	}{
		{"no directory", "missing/old", fs.ErrNotExist, nil},
		{"a file as directory", "old/x", syscall.ENOTDIR, nil},
		{"a directory in its place", "dir", syscall.EEXIST, nil},
		{"a name too long", strings.Repeat("n", 250), syscall.ENAMETOOLONG, nil},
		{"no room for the content", "old", syscall.EFBIG, limitFileSize},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "old"), []byte("old content"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(dir, "dir"), 0o700); err != nil {
				t.Fatal(err)
			}
			if tt.with != nil {
				tt.with(t)
			}
			err := WriteFile(filepath.Join(dir, tt.path), bytes.Repeat([]byte("x"), 8192), 0o600)
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if got, _ := os.ReadFile(filepath.Join(dir, "old")); string(got) != "old content" {
				t.Errorf("the old file has %q", got)
			}
			wantNames(t, dir, "dir", "old")
		})
	}
}

// limitFileSize makes each write beyond 4 KiB fail, as a full disk would.
func limitFileSize(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	})
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 4096, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
}

func TestConcurrentWritersLeaveOneContentWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := WriteFile(path, bytes.Repeat([]byte{'a' + byte(i)}, 10_000), 0o600); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 10_000 || len(bytes.Trim(got, string(got[:1]))) != 0 {
		t.Errorf("%d bytes of more than one writer", len(got))
	}
	wantNames(t, filepath.Dir(path), "state")
}

func TestMkdirAll(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path string
		want error
	}{
		{"a/b/c", nil},
		{"a/b/c", nil},
		{"a/b/d/", nil},
		{".", nil},
		{"file", syscall.ENOTDIR},
		{"file/x", syscall.ENOTDIR},
		{"dangling", fs.ErrExist},
	} {
		path := dir + "/" + tt.path
		if err := MkdirAll(path, 0o700); !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.path, err, tt.want)
		}
		if info, err := os.Stat(path); tt.want == nil && (err != nil || !info.IsDir()) {
			t.Errorf("%s: %v %v", tt.path, info, err)
		}
	}
}

func TestConcurrentMkdirAll(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := MkdirAll(filepath.Join(dir, "a/b/c"), 0o700); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestSyncDirOfNothing(t *testing.T) {
	if err := SyncDir(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the directory has %q, want %q", got, want)
	}
}

func TestReplaceKeepsModeAndSymlink(t *testing.T) {
	dir := t.TempDir()
	target, link, chain := filepath.Join(dir, "real", "target"), filepath.Join(dir, "link"), filepath.Join(dir, "chain")
	if err := os.Mkdir(filepath.Dir(target), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(target, 0o464), os.Symlink("real/target", link), os.Symlink("link", chain)); err != nil {
		t.Fatal(err)
	}
	if err := Replace(chain, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(target)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(chain); string(got) != "new" || info.Mode() != 0o464 {
		t.Errorf("got %q, mode %v", got, info.Mode())
	}
	wantNames(t, dir, "chain", "link", "real")
	wantNames(t, filepath.Dir(target), "target")
}

func TestReplaceKeepsTheOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	path := filepath.Join(t.TempDir(), "theirs")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 1234, 2345); err != nil {
		t.Skip(err)
	}
	if err := Replace(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 1234 || s.Gid != 2345 || info.Mode() != 0o640 {
		t.Errorf("owner %d, group %d, mode %v", s.Uid, s.Gid, info.Mode())
	}
}

func TestReplaceMakesNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := Replace(filepath.Join(dir, "missing"), []byte("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	wantNames(t, dir)
}
