package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A backup holds all that was accepted before it, with the ids that it had, whatever
// comes in meanwhile.
func TestABackupUnderLoadHoldsWhatWasAcceptedBefore(t *testing.T) {
	k, err := OpenKeeper(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { mustDo(t, k.Close()) }()
	before := map[string]string{} // delivery, by event
	for i := range 200 {
		id := fmt.Sprint("before-", i)
		_, err := k.Accept(t.Context(), []queue.Entry{entryOf(id, "crm")})
		mustDo(t, err)
		_, owed, err := k.Event(t.Context(), id)
		mustDo(t, err)
		before[id] = owed[0].ID
	}
	begun, done := make(chan struct{}), make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() {
		for i := 0; ; i++ {
			if _, err := k.Accept(t.Context(), []queue.Entry{entryOf(fmt.Sprint("meanwhile-", i), "crm")}); err != nil {
				t.Error(err)
			}
			if i == 10 {
				close(begun)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	<-begun
	to := filepath.Join(t.TempDir(), "backup")
	err = k.Backup(to)
	close(done)
	load.Wait()
	mustDo(t, err)
	checkPrivate(t, to)

	leases, _, err := k.Take("crm", 5) // delivered since: they go out again
	mustDo(t, err)
	for _, s := range leases {
		settle(t, s, event.Delivered)
	}
	seen, logged := observer.New(zap.WarnLevel)
	l := mustOpen(t, to, Options{Log: zap.New(seen)})
	if logged.FilterMessageSnippet("this is a backup").Len() != 1 {
		t.Error("nothing says that it is a backup")
	}
	ids := map[string]string{}
	for {
		leases := take(t, l, "crm", 100)
		if len(leases) == 0 {
			break
		}
		for _, s := range leases {
			ids[s.Delivery().EventID] = s.Delivery().ID
			settle(t, s, event.Delivered)
		}
	}
	for id, delivery := range before {
		if ids[id] != delivery {
			t.Fatalf("%s is delivered as %q, it was %s", id, ids[id], delivery)
		}
	}
	mustClose(t, l)
	l = mustOpen(t, to, Options{Log: zap.New(seen)})
	defer mustClose(t, l)
	if logged.FilterMessageSnippet("this is a backup").Len() != 1 {
		t.Error("it is said again")
	}
}

func checkPrivate(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %#o", path, info.Mode().Perm())
		}
		return err
	})
	mustDo(t, err)
}

func TestABackupIsNotMixedWithOtherFiles(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{})
	accept(t, l, entryOf("e1", "crm"))
	mustClose(t, l)
	to := t.TempDir()
	mustDo(t, os.WriteFile(filepath.Join(to, "other"), nil, 0o600))
	if err := BackupDir(dir, to); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a backup beside another file: %v", err)
	}
	if err := BackupDir(dir, filepath.Join(dir, "backup")); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a backup in the data directory: %v", err)
	}
	t.Chdir(filepath.Dir(dir))
	if err := BackupDir(filepath.Base(dir), filepath.Join(dir, "backup")); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a backup in the data directory, whose path is relative: %v", err)
	}
	whole := t.TempDir()
	mustDo(t, BackupDir(dir, whole))
	l = mustOpen(t, whole, Options{})
	defer mustClose(t, l)
	if n := len(take(t, l, "crm", 5)); n != 1 {
		t.Errorf("%d are waiting", n)
	}
}

// One that was cut off says nothing of its format, and nobody starts with it.
func TestHalfABackupIsNotOpened(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	mustClose(t, mustOpen(t, dir, Options{}))
	mustDo(t, BackupDir(dir, to), os.Remove(filepath.Join(to, "format")))
	if l, err := Open(to, Options{}); err == nil {
		mustClose(t, l)
		t.Error("half a backup was opened")
	}
}
