package secret

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStoreKeepsTheLastSecretOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := mustOpen(t, dir)
		start := time.Now().UTC()
		must(t, s.Set("crm", New("bytes \xff\x00 not text"), FromSet))
		must(t, s.SetAll(map[string]Text{"crm": New("from the files"), "shop": New("another one")}, FromConfig))
		time.Sleep(time.Hour)
		must(t, s.Set("shop", New("by hand \xfe"), FromSet))
		must(t, s.Set("old", New("soon gone"), FromSet))
		must(t, s.Remove("old"))
		must(t, s.Remove("never there"))

		for _, s := range []*Store{s, mustOpen(t, dir)} {
			wantSecret(t, s, "crm", "from the files")
			wantSecret(t, s, "shop", "by hand \xfe")
			if _, ok := s.Get("old"); ok {
				t.Error("a removed secret is still there")
			}
			want := []Stored{{"crm", start, FromConfig}, {"shop", start.Add(time.Hour), FromSet}}
			if diff := cmp.Diff(want, s.List()); diff != "" {
				t.Error(diff)
			}
		}
		if got, err := Peek(dir, "shop"); err != nil || !got.Equal("by hand \xfe") {
			t.Error("Peek finds another secret")
		}
		if got, err := Peek(dir, "old"); err != nil || !got.Empty() {
			t.Error("Peek finds a removed secret")
		}
	})
}

func TestOpenOfAnEmptyDirectoryWritesNothing(t *testing.T) {
	dir := t.TempDir()
	if list := mustOpen(t, dir).List(); len(list) != 0 {
		t.Error(list)
	}
	if got, err := Peek(dir, "crm"); err != nil || !got.Empty() {
		t.Error("a secret out of nowhere")
	}
	if _, err := os.Stat(storeFile(dir)); !os.IsNotExist(err) {
		t.Errorf("the file exists: %v", err)
	}
}

func TestSetAllWritesOnlyADifference(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	must(t, s.Set("crm", New("the same secret"), FromSet))
	before := inode(t, dir)
	must(t, s.SetAll(map[string]Text{"crm": New("the same secret")}, FromConfig))
	must(t, s.SetAll(nil, FromConfig))
	if inode(t, dir) != before {
		t.Error("written though nothing differs")
	}
	if from := s.List()[0].From; from != FromSet {
		t.Errorf("from %q", from)
	}
	must(t, s.SetAll(map[string]Text{"crm": New("another secret")}, FromConfig))
	if inode(t, dir) == before {
		t.Error("not written though a secret differs")
	}
}

func TestAFailedWriteChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	must(t, os.Mkdir(dir, 0o700))
	s := mustOpen(t, dir)
	must(t, s.Set("crm", New("the first one"), FromSet))
	must(t, os.Rename(dir, dir+".away"))
	for name, err := range map[string]error{
		"Set":    s.Set("crm", New("the second one"), FromSet),
		"SetAll": s.SetAll(map[string]Text{"crm": New("the second one")}, FromConfig),
		"Remove": s.Remove("crm"),
	} {
		if err == nil || !strings.Contains(err.Error(), storeFile(dir)) {
			t.Errorf("%s: error %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "second") {
			t.Errorf("%s tells the secret: %v", name, err)
		}
	}
	wantSecret(t, s, "crm", "the first one")
	wantSecret(t, mustOpen(t, dir+".away"), "crm", "the first one")
}

func TestTheFileIsPrivate(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := t.TempDir()
	must(t, mustOpen(t, dir).Set("crm", New("a secret text"), FromSet))
	wantMode(t, dir, 0o600)

	must(t, os.Chmod(storeFile(dir), 0o644))
	_, err := Peek(dir, "crm")
	must(t, err)
	wantMode(t, dir, 0o644)
	wantSecret(t, mustOpen(t, dir), "crm", "a secret text")
	wantMode(t, dir, 0o600)
}

func TestOpenRefusesAndKeepsWhatItCannotRead(t *testing.T) {
	good := `{"version": 1, "secrets": {"crm": {"value": "c2VjcmV0", "set_at": "2026-01-02T03:04:05Z", "from": "set"}}}`
	for name, tt := range map[string]struct{ content, want string }{
		"empty":         {"", "backup"},
		"cut off":       {good[:len(good)-3], "backup"},
		"two documents": {good + good, "backup"},
		"another file":  {`{"some": "json"}`, "backup"},
		"no base64":     {strings.Replace(good, "c2VjcmV0", "hunter2!hunter2", 1), "backup"},
		"other kinds":   {`{"version": 1, "secrets": ["hunter2!hunter2"]}`, "backup"},
		"a newer one":   {`{"version": 2, "keys": ["hunter2!hunter2"]}`, "newer"},
		"too long":      {good + strings.Repeat(" ", storeLimit), "backup"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(storeFile(dir), []byte(tt.content), 0o600))
			_, err := Open(dir)
			if err == nil || !strings.Contains(err.Error(), storeFile(dir)) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells a secret: %v", err)
			}
			if got, _ := os.ReadFile(storeFile(dir)); string(got) != tt.content {
				t.Errorf("the file has changed: %d bytes", len(got))
			}
		})
	}
}

func TestOpenRefusesWhatIsNoFileOfItsOwn(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"link":      func(path string) error { return os.Symlink("/etc/passwd", path) },
		"pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, plant(storeFile(dir)))
			if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "regular file") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestStoreUnderConcurrentUse(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprint("w", i)
			if err := s.Set(name, New("secret of "+name), FromSet); err != nil {
				t.Error(err)
			}
			wantSecret(t, s, name, "secret of "+name)
			s.List()
		})
	}
	wg.Wait()
	if n := len(mustOpen(t, dir).List()); n != 8 {
		t.Errorf("%d secrets, want 8", n)
	}
}

func FuzzDecodeStore(f *testing.F) {
	f.Add([]byte(`{"version":1,"secrets":{"crm":{"value":"c2VjcmV0","set_at":"2026-01-02T03:04:05Z","from":"set"}}}`))
	f.Add([]byte(`{"version":1,"secrets":null}`))
	f.Add([]byte(`{"version":9}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		secrets, err := decodeStore(raw)
		if (err == nil) != (secrets != nil) {
			t.Errorf("%v and error %v", secrets, err)
		}
	})
}

func mustOpen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	must(t, err)
	return s
}

func wantSecret(t *testing.T, s *Store, webhook, want string) {
	t.Helper()
	if got, ok := s.Get(webhook); !ok || !got.Equal(want) {
		t.Errorf("webhook %s has %q, want %q", webhook, got.Reveal(), want)
	}
}

func wantMode(t *testing.T, dir string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(storeFile(dir))
	must(t, err)
	if info.Mode() != want {
		t.Errorf("mode %v, want %v", info.Mode(), want)
	}
}

// inode tells whether the file was written anew: each write makes another one.
func inode(t *testing.T, dir string) uint64 {
	t.Helper()
	info, err := os.Stat(storeFile(dir))
	must(t, err)
	return info.Sys().(*syscall.Stat_t).Ino
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
