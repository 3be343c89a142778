package config

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestReadTakesTheFilesOfADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "postern")
	plant(t, dir, map[string]string{
		"b.hcl": "b", "a.hcl": "a", "B.hcl": "B", "empty.hcl": "",
		".hidden.hcl": "x", ".#a.hcl": "x", "#a.hcl#": "x", "#c.hcl": "x", "a.hcl~": "x", ".a.hcl.swp": "x", "4913": "x",
		"README.md": "x", "a.hcl.bak": "x", "sub/c.hcl": "x", "hcl": "x", "A.HCL": "x",
	})
	files, ds := Read(t.Context(), dir)
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	want := []File{
		{dir + "/B.hcl", []byte("B")}, {dir + "/a.hcl", []byte("a")},
		{dir + "/b.hcl", []byte("b")}, {dir + "/empty.hcl", []byte{}},
	}
	if diff := cmp.Diff(want, files.Files); diff != "" {
		t.Error(diff)
	}
	if files.Dir != dir {
		t.Errorf("Dir %q", files.Dir)
	}
}

func TestReadTakesOneFile(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"one.conf": "one", "two.hcl": "two"})
	path := filepath.Join(dir, "one.conf")
	files, ds := Read(t.Context(), path)
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	if diff := cmp.Diff(Files{Dir: dir, Files: []File{{path, []byte("one")}}, Hash: files.Hash}, files); diff != "" {
		t.Error(diff)
	}
}

func TestReadTakesAnEmptyDirectory(t *testing.T) {
	files, ds := Read(t.Context(), t.TempDir())
	if len(ds) > 0 || len(files.Files) > 0 || files.Hash == "" {
		t.Error(files, ds)
	}
}

func TestReadFollowsTheLinksOfAMountedVolume(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"..v1/crm.hcl": "v1", "..v2/crm.hcl": "v2"})
	link(t, "..v1", filepath.Join(dir, "..data"))
	link(t, "..data/crm.hcl", filepath.Join(dir, "crm.hcl"))
	files, ds := Read(t.Context(), dir)
	if len(ds) > 0 || len(files.Files) != 1 || string(files.Files[0].Content) != "v1" {
		t.Error(files, ds)
	}
}

func TestHashTellsNamesAndContentsApart(t *testing.T) {
	seen := map[string]string{}
	for name, files := range map[string]map[string]string{
		"none":            {},
		"one":             {"a.hcl": "xy"},
		"another content": {"a.hcl": "xz"},
		"another name":    {"b.hcl": "xy"},
		"parted":          {"a.hcl": "x", "b.hcl": "y"},
		"parted other":    {"a.hcl": "", "b.hcl": "xy"},
		"empty":           {"a.hcl": ""},
	} {
		dir := t.TempDir()
		plant(t, dir, files)
		read, ds := Read(t.Context(), dir)
		if len(ds) > 0 {
			t.Fatal(ds)
		}
		if other, ok := seen[read.Hash]; ok {
			t.Errorf("%q has the hash of %q", name, other)
		}
		seen[read.Hash] = name
		if again, _ := Read(t.Context(), dir); again.Hash != read.Hash {
			t.Errorf("%q: two hashes of one content", name)
		}
	}
}

func TestReadNamesWhatItCannotRead(t *testing.T) {
	tests := []struct {
		name  string
		path  string // below the directory
		plant func(path string) error
		read  string // what is given to Read, below the directory; empty: the directory
		want  string
	}{
		{"nothing", "missing", func(string) error { return nil }, "missing", "There is no configuration here"},
		{"directory", "x.hcl", func(p string) error { return os.Mkdir(p, 0o700) }, "", "this is a directory"},
		{"pipe", "x.hcl", func(p string) error { return syscall.Mkfifo(p, 0o600) }, "", "this is a pipe"},
		{"pipe as path", "x.hcl", func(p string) error { return syscall.Mkfifo(p, 0o600) }, "x.hcl", "this is a pipe"},
		{"link to a pipe", "x.hcl", func(p string) error {
			if err := syscall.Mkfifo(p+".pipe", 0o600); err != nil {
				return err
			}
			return os.Symlink(p+".pipe", p)
		}, "", "this is a pipe"},
		{"socket", "x.hcl", listenOnce, "", "this is a socket"},
		{"device", "x.hcl", func(p string) error { return os.Symlink("/dev/null", p) }, "", "this is a device"},
		{"loop", "x.hcl", func(p string) error { return os.Symlink("x.hcl", p) }, "", "leads back to itself"},
		{"loop as path", "x", func(p string) error { return os.Symlink("x", p) }, "x", "leads back to itself"},
		{"dangling link", "x.hcl", func(p string) error { return os.Symlink("gone", p) }, "", "symlink to a file that does not exist"},
		{"below a file", "x.hcl", func(p string) error { return os.WriteFile(p, nil, 0o600) }, "x.hcl/y", "There is no configuration here"},
		{"sparse", "x.hcl", func(p string) error {
			if err := os.WriteFile(p, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(p, 1<<30)
		}, "", "larger than 1 MiB"},
		{"unreadable", "x.hcl", func(p string) error { return os.WriteFile(p, nil, 0) }, "", "permission denied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "unreadable" && os.Geteuid() == 0 {
				t.Skip("root reads everything")
			}
			dir := t.TempDir()
			path := filepath.Join(dir, tt.path)
			if err := tt.plant(path); err != nil {
				t.Fatal(err)
			}
			plant(t, dir, map[string]string{"good.hcl": "good"})
			if tt.read != "" {
				path = filepath.Join(dir, tt.read)
				dir = path
			}
			files, ds := Read(t.Context(), dir)
			if len(ds) != 1 || len(files.Files) > 0 || files.Hash == "" {
				t.Fatalf("%v %v, want one error", files, ds)
			}
			d := ds[0]
			if d.Severity != Error || d.File != path || !strings.Contains(d.Summary, tt.want) || strings.Contains(d.Summary, path) {
				t.Errorf("%+v, want %q of %s", d, tt.want, path)
			}
			golden(t, "testdata/read/"+strings.ReplaceAll(tt.name, " ", "-")+".want", strings.ReplaceAll(printed(ds), path, "PATH"))
		})
	}
}

// Not every user can make a file that is not readable, and nobody a broken disk.
func TestComplaints(t *testing.T) {
	var ds Diagnostics
	for _, err := range []error{fs.ErrPermission, unix.EIO, errTooMany} {
		ds = append(ds, complain("PATH", &fs.PathError{Op: "open", Path: "PATH", Err: err}))
	}
	golden(t, "testdata/read/complaints.want", printed(ds))
}

func TestReadReportsAllProblems(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"b.hcl/x": "", "d.hcl/x": ""})
	link(t, "a.hcl", filepath.Join(dir, "a.hcl"))
	if _, ds := Read(t.Context(), dir); len(ds) != 3 {
		t.Errorf("%d problems, want 3: %v", len(ds), ds)
	}
}

func TestReadTakesOneMebibyteInAll(t *testing.T) {
	for _, tt := range []struct {
		sizes []int
		ok    bool
	}{
		{[]int{maxBytes}, true},
		{[]int{maxBytes / 2, maxBytes / 2}, true},
		{[]int{maxBytes + 1}, false},
		{[]int{maxBytes / 2, maxBytes/2 + 1}, false},
	} {
		dir := t.TempDir()
		for i, n := range tt.sizes {
			plant(t, dir, map[string]string{fmt.Sprintf("%d.hcl", i): strings.Repeat("#", n)})
		}
		if _, ds := Read(t.Context(), dir); (len(ds) == 0) != tt.ok {
			t.Errorf("sizes %v: %v", tt.sizes, ds)
		}
	}
}

func TestReadRegularStopsAtTheLimitWhateverTheSizeSays(t *testing.T) {
	const endless = "/proc/kallsyms" // its size is 0
	if _, err := os.Stat(endless); err != nil {
		t.Skip(err)
	}
	if _, err := ReadRegular(endless, 1000); err != tooLarge(1000) {
		t.Errorf("error %v", err)
	}
}

func TestReadNeverMixesTwoVersions(t *testing.T) {
	dir := t.TempDir()
	const versions = 16
	for v := range versions {
		version := fmt.Sprintf("..v%d", v)
		for _, f := range []string{"a", "b", "c", "d"} {
			plant(t, dir, map[string]string{version + "/" + f + ".hcl": version})
		}
	}
	link(t, "..v0", filepath.Join(dir, "..data"))
	for _, f := range []string{"a", "b", "c", "d"} {
		link(t, "..data/"+f+".hcl", filepath.Join(dir, f+".hcl"))
	}

	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	defer writer.Wait()
	defer stop()
	writer.Go(func() {
		for i := 1; ctx.Err() == nil; i++ {
			next := filepath.Join(dir, "..next")
			if os.Symlink(fmt.Sprintf("..v%d", i%versions), next) != nil || os.Rename(next, filepath.Join(dir, "..data")) != nil {
				t.Error("the writer can't write")
				return
			}
		}
	})
	for range 300 {
		before := lookAt(dir)
		files, _, steady := before.read()
		if !steady || !before.same(lookAt(dir)) {
			continue
		}
		for _, f := range files.Files {
			if string(f.Content) != string(files.Files[0].Content) {
				t.Fatalf("a mixture: %q", files.Files)
			}
		}
	}
}

func TestReadGivesUpOnAConfigurationThatNeverRests(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var writer sync.WaitGroup
	defer writer.Wait()
	done := make(chan struct{})
	defer close(done)
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				plant(t, dir, map[string]string{"a.hcl": strings.Repeat("x", i%2000)})
			}
		}
	})
	for {
		if _, ds := Read(ctx, dir); len(ds) > 0 {
			golden(t, "testdata/read/never-at-rest.want", strings.ReplaceAll(printed(ds), dir, "PATH"))
			return
		}
	}
}

// plant writes files below dir.
func plant(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Error(err)
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Error(err)
		}
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func listenOnce(path string) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	return syscall.Bind(fd, &syscall.SockaddrUnix{Name: path})
}
