package watch

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/posternhq/postern/config"
)

func TestMain(m *testing.M) {
	if os.Getenv("POSTERN_TEST_MOUNT") != "" {
		os.Exit(watchReplacedMount())
	}
	goleak.VerifyTestMain(m)
}

// A step saves something; want is what a call must find.
type step struct {
	name string
	do   func()
	want string
}

// Each way of saving leads to a call that finds the new contents. On a busy
// machine a save can be as slow as two, and lead to a call in its middle.
func TestEachSaveIsFound(t *testing.T) {
	for name, layout := range map[string]func(t *testing.T, top string) (string, []step){
		"directory":      inDirectory,
		"one file":       inOneFile,
		"mounted volume": inMountedVolume,
		"releases":       inReleases,
		"linked files":   inLinkedFiles,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, steps := layout(t, t.TempDir())
			follow(t, &Watcher{Path: path, Poll: time.Hour}, steps)
		})
	}
}

func TestARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	path, steps := inDirectory(t, ".")
	follow(t, &Watcher{Path: path, Poll: time.Hour}, steps[:3])
}

func TestThePollFindsWhatNoEventTells(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	path, steps := inDirectory(t, t.TempDir())
	follow(t, &Watcher{
		Path: path, Quiet: 100 * time.Millisecond, Poll: 20 * time.Millisecond, Log: zap.New(core),
		events: func() (*fsnotify.Watcher, error) { return nil, syscall.EMFILE },
	}, steps)
	if n := logs.FilterMessageSnippet("file events").Len(); n != 1 {
		t.Errorf("%d warnings, want 1: %v", n, logs.All())
	}
}

func inDirectory(t *testing.T, top string) (string, []step) {
	dir := filepath.Join(top, "postern")
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	write(t, a, "0")
	return dir, []step{
		{"in place", func() { write(t, a, "1") }, "a=1"},
		{"in pieces", func() { writeInPieces(t, a, "2", "2", "2") }, "a=222"},
		{"renamed over", func() {
			write(t, filepath.Join(dir, ".a.hcl.tmp"), "3")
			rename(t, filepath.Join(dir, ".a.hcl.tmp"), a)
		}, "a=3"},
		{"renamed from elsewhere", func() {
			write(t, filepath.Join(top, "new"), "4")
			rename(t, filepath.Join(top, "new"), a)
		}, "a=4"},
		{"as vim does", func() {
			write(t, filepath.Join(dir, ".a.hcl.swp"), "swap")
			write(t, filepath.Join(dir, "4913"), "")
			remove(t, filepath.Join(dir, "4913"))
			rename(t, a, a+"~")
			write(t, a, "5")
			remove(t, a+"~")
			remove(t, filepath.Join(dir, ".a.hcl.swp"))
		}, "a=5"},
		{"added", func() { write(t, b, "1") }, "a=5 b=1"},
		{"two at once", func() { write(t, a, "6"); write(t, b, "2") }, "a=6 b=2"},
		{"renamed", func() { rename(t, b, filepath.Join(dir, "c.hcl")) }, "a=6 c=2"},
		{"removed", func() { remove(t, filepath.Join(dir, "c.hcl")) }, "a=6"},
		{"emptied", func() { write(t, a, "") }, "a="},
		{"made a directory", func() { remove(t, a); mkdir(t, a) }, "error"},
		{"made a pipe", func() { remove(t, a); pipe(t, a) }, "error"},
		{"made a file again", func() { remove(t, a); write(t, a, "7") }, "a=7"},
		{"directory replaced", func() {
			write(t, filepath.Join(top, "next", "a.hcl"), "8")
			rename(t, dir, filepath.Join(top, "before"))
			rename(t, filepath.Join(top, "next"), dir)
		}, "a=8"},
		{"in the replaced one", func() { write(t, a, "9") }, "a=9"},
		{"directory made anew", func() { remove(t, dir); write(t, a, "10") }, "a=10"},
		{"in the one made anew", func() { write(t, a, "11") }, "a=11"},
		{"directory gone", func() { remove(t, dir) }, "error"},
		{"directory back", func() { write(t, filepath.Join(top, "d", "a.hcl"), "12"); rename(t, filepath.Join(top, "d"), dir) }, "a=12"},
		{"in the one that is back", func() { write(t, a, "13") }, "a=13"},
	}
}

func inOneFile(t *testing.T, top string) (string, []step) {
	path := filepath.Join(top, "postern.hcl")
	write(t, path, "0")
	return path, []step{
		{"in place", func() { write(t, path, "1") }, "postern=1"},
		{"renamed over", func() { write(t, path+".new", "2"); rename(t, path+".new", path) }, "postern=2"},
		{"in place, after that", func() { write(t, path, "3") }, "postern=3"},
		{"removed", func() { remove(t, path) }, "error"},
		{"back", func() { write(t, path, "4") }, "postern=4"},
		{"made a link", func() { write(t, filepath.Join(top, "else", "x"), "5"); relink(t, filepath.Join("else", "x"), path) }, "postern=5"},
		{"behind the link", func() { write(t, filepath.Join(top, "else", "x"), "6") }, "postern=6"},
	}
}

// inMountedVolume is how Kubernetes mounts a ConfigMap.
func inMountedVolume(t *testing.T, top string) (string, []step) {
	version := func(v, content string) {
		write(t, filepath.Join(top, v, "a.hcl"), content)
		relink(t, v, filepath.Join(top, "..data"))
	}
	version("..v1", "1")
	relink(t, "..data/a.hcl", filepath.Join(top, "a.hcl"))
	return top, []step{
		{"swapped", func() { version("..v2", "2"); remove(t, filepath.Join(top, "..v1")) }, "a=2"},
		{"swapped for the same, and again", func() { version("..v3", "2"); version("..v4", "4") }, "a=4"},
		{"added", func() {
			write(t, filepath.Join(top, "..v5", "b.hcl"), "5")
			version("..v5", "5")
			relink(t, "..data/b.hcl", filepath.Join(top, "b.hcl"))
		}, "a=5 b=5"},
	}
}

// inReleases has a directory that is a symlink itself.
func inReleases(t *testing.T, top string) (string, []step) {
	current := filepath.Join(top, "current")
	write(t, filepath.Join(top, "r", "1", "conf", "a.hcl"), "1")
	relink(t, "r/1", current)
	return filepath.Join(current, "conf"), []step{
		{"in the first", func() { write(t, filepath.Join(top, "r", "1", "conf", "a.hcl"), "11") }, "a=11"},
		{"flipped", func() { write(t, filepath.Join(top, "r", "2", "conf", "a.hcl"), "2"); relink(t, "r/2", current) }, "a=2"},
		{"in the second", func() { write(t, filepath.Join(top, "r", "2", "conf", "a.hcl"), "22") }, "a=22"},
		{"first gone, flipped", func() {
			remove(t, filepath.Join(top, "r", "1"))
			write(t, filepath.Join(top, "r", "3", "conf", "a.hcl"), "3")
			relink(t, "r/3", current)
		}, "a=3"},
		{"dangling", func() { relink(t, "r/4", current) }, "error"},
		{"made whole", func() {
			write(t, filepath.Join(top, "r", "tmp", "conf", "a.hcl"), "4")
			rename(t, filepath.Join(top, "r", "tmp"), filepath.Join(top, "r", "4"))
		}, "a=4"},
	}
}

func inLinkedFiles(t *testing.T, top string) (string, []step) {
	dir, far := filepath.Join(top, "conf"), filepath.Join(top, "far", "x")
	mkdir(t, dir)
	write(t, far, "0")
	relink(t, "../far/x", filepath.Join(dir, "a.hcl"))
	return dir, []step{
		{"in place", func() { write(t, far, "1") }, "a=1"},
		{"renamed over", func() { write(t, far+".new", "2"); rename(t, far+".new", far) }, "a=2"},
		{"removed", func() { remove(t, far) }, "error"},
		{"back", func() { write(t, far, "3") }, "a=3"},
	}
}

func TestLitterIsNoChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := filepath.Join(dir, "a.hcl")
	write(t, a, "1")
	looks := make(chan struct{}, 1000)
	w := &Watcher{Path: dir, Poll: time.Hour, Quiet: 20 * time.Millisecond, Extra: func() []string { looks <- struct{}{}; return nil }}
	calls := start(t, w)
	next(t, calls, "a=1")
	drained := func() {
		for len(looks) > 0 {
			<-looks
		}
	}
	for name, litter := range map[string]func(){
		"swap file":    func() { write(t, filepath.Join(dir, ".a.hcl.swp"), "x") },
		"vim's probe":  func() { write(t, filepath.Join(dir, "4913"), ""); remove(t, filepath.Join(dir, "4913")) },
		"backup":       func() { write(t, a+"~", "x") },
		"emacs lock":   func() { relink(t, "me@host.1:2", filepath.Join(dir, ".#b.hcl")) },
		"autosave":     func() { write(t, filepath.Join(dir, "#a.hcl#"), "x") },
		"other kinds":  func() { write(t, filepath.Join(dir, "README"), "x") },
		"same content": func() { write(t, a, "1") },
		"touched":      func() { chtimes(t, a) },
	} {
		// The second look comes after all that the first one led to.
		for range 2 {
			drained()
			litter()
			select {
			case <-looks:
			case <-time.After(deadline):
				t.Fatalf("%s: nobody looked", name)
			}
		}
		select {
		case got := <-calls:
			t.Errorf("%s led to a call, which found %q", name, got)
		default:
		}
	}
	write(t, a, "2")
	next(t, calls, "a=2")
}

func TestFilesBesideTheConfiguration(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	conf, key, late := filepath.Join(top, "conf"), filepath.Join(top, "keys", "k"), filepath.Join(top, "late", "l")
	write(t, filepath.Join(conf, "a.hcl"), "1")
	write(t, key, "k")
	var mu sync.Mutex
	extra := []string{key}
	calls := start(t, &Watcher{Path: conf, Poll: time.Hour, Extra: func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(extra)
	}})
	next(t, calls, "a=1")
	for _, s := range []step{
		{"in place", func() { write(t, key, "k2") }, ""},
		{"renamed over", func() { write(t, key+".new", "k3"); rename(t, key+".new", key) }, ""},
		{"gone", func() { remove(t, filepath.Dir(key)) }, ""},
		{"back", func() {
			write(t, filepath.Join(top, "new", "k"), "k4")
			rename(t, filepath.Join(top, "new"), filepath.Dir(key))
		}, ""},
		{"in place again", func() { write(t, key, "k5") }, ""},
	} {
		s.do()
		next(t, calls, "a=1")
	}

	// A configuration that reads one more file: a call more, for nobody knows
	// whether that one has changed since.
	mu.Lock()
	extra = append(extra, late)
	mu.Unlock()
	write(t, filepath.Join(conf, "a.hcl"), "2")
	next(t, calls, "a=2")
	write(t, late, "there")
	next(t, calls, "a=2")
}

func TestWhatChangesDuringACallLeadsToAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := filepath.Join(dir, "a.hcl")
	write(t, a, "1")
	found := make(chan string, 10)
	run(t, &Watcher{Path: dir, Poll: time.Hour}, func(ctx context.Context) {
		got := contentsOf(ctx, dir)
		if got == "a=1" {
			write(t, a, "2")
		}
		found <- got
	})
	next(t, found, "a=1")
	next(t, found, "a=2")
}

func TestADirectoryThatIsNeverQuietIsLookedAt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.hcl"), "1")
	calls := start(t, &Watcher{Path: dir, Quiet: time.Hour, Cap: 50 * time.Millisecond, Poll: time.Hour})
	next(t, calls, "a=1")
	write(t, filepath.Join(dir, "a.hcl"), "2")
	next(t, calls, "a=2")
}

// The contents are back at what was told last, but were refused meanwhile.
func TestWhatTheCallerKnowsCounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.hcl"), "1")
	var known atomic.Value
	known.Store("")
	calls := start(t, &Watcher{Path: dir, Poll: time.Hour, Known: func() string { return known.Load().(string) }})
	next(t, calls, "a=1")
	known.Store("refused")
	write(t, filepath.Join(dir, "README"), "a hint")
	next(t, calls, "a=1")
}

// A writer that never pauses for long, and whose every piece would do.
func TestWhatIsStillBeingWrittenIsNotTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := filepath.Join(dir, "a.hcl")
	write(t, a, "0")
	const pieces = 5
	looks := 0
	calls := start(t, &Watcher{Path: dir, Quiet: time.Hour, Cap: 30 * time.Millisecond, Poll: time.Hour, Extra: func() []string {
		if looks++; looks > 3 && looks <= 3+pieces { // those before are of the beginning
			writeInPieces(t, a, strings.Repeat("1", looks-3))
		}
		return nil
	}})
	next(t, calls, "a=0")
	write(t, a, "1")
	next(t, calls, "a="+strings.Repeat("1", pieces))
	select {
	case again := <-calls:
		t.Errorf("%q is told too", again)
	default:
	}
}

func TestRunEndsInTheMiddleOfACall(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	w := &Watcher{Path: t.TempDir()}
	if err := w.Run(ctx, func(ctx context.Context) { stop(); <-ctx.Done() }); err != nil {
		t.Error(err)
	}
}

func TestABurstEndsAfterQuietOrAtTheCap(t *testing.T) {
	b := burst{quiet: 250 * time.Millisecond, cap: 700 * time.Millisecond}
	now := time.Unix(1000, 0)
	at := func(ms int) time.Duration {
		return b.hint(now.Add(time.Duration(ms)*time.Millisecond)) / time.Millisecond
	}
	got := []time.Duration{at(0), at(200), at(449), at(500), at(699), at(900)}
	if !b.on() {
		t.Error("no burst in the middle of one")
	}
	if !b.over(now.Add(901 * time.Millisecond)) {
		t.Error("a burst that was broken off was not stirring")
	}
	if b.on() {
		t.Error("a burst after its end")
	}
	got = append(got, at(900))
	if diff := cmp.Diff([]time.Duration{250, 250, 250, 200, 1, 0, 250}, got); diff != "" {
		t.Error(diff)
	}
	if b.over(now.Add(1150 * time.Millisecond)) {
		t.Error("a burst that ended in quiet was stirring")
	}
}

const deadline = 30 * time.Second

// follow takes steps, each after the call of the one before.
func follow(t *testing.T, w *Watcher, steps []step) {
	t.Helper()
	calls := start(t, w)
	next(t, calls, contentsOf(t.Context(), w.Path))
	for _, s := range steps {
		t.Log(s.name)
		s.do()
		next(t, calls, s.want)
	}
}

// start runs a watcher until the test ends. Each call sends what it finds.
func start(t *testing.T, w *Watcher) <-chan string {
	t.Helper()
	calls := make(chan string, 1000)
	run(t, w, func(ctx context.Context) { calls <- contentsOf(ctx, w.Path) })
	return calls
}

func run(t *testing.T, w *Watcher, changed func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, changed) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// next waits for a call that finds what is wanted.
func next(t *testing.T, calls <-chan string, want string) {
	t.Helper()
	late := time.After(deadline)
	for {
		select {
		case got := <-calls:
			if got == want {
				return
			}
			t.Logf("a call found %q", got)
		case <-late:
			t.Fatalf("no call found %q", want)
		}
	}
}

// contentsOf is such as "a=1 b=2".
func contentsOf(ctx context.Context, path string) string {
	files, ds := config.Read(ctx, path)
	if len(ds) > 0 {
		return "error"
	}
	var all []string
	for _, f := range files.Files {
		all = append(all, strings.TrimSuffix(filepath.Base(f.Name), ".hcl")+"="+string(f.Content))
	}
	return strings.Join(all, " ")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	mkdir(t, filepath.Dir(path))
	check(t, os.WriteFile(path, []byte(content), 0o600))
}

func writeInPieces(t *testing.T, path string, pieces ...string) {
	t.Helper()
	f, err := os.Create(path)
	check(t, err)
	for _, p := range pieces {
		_, err := f.WriteString(p)
		check(t, err)
		check(t, f.Sync())
	}
	check(t, f.Close())
}

// relink makes a symlink, or swaps one, as ln -sfn does.
func relink(t *testing.T, target, path string) {
	t.Helper()
	check(t, os.Symlink(target, path+".link"))
	check(t, os.Rename(path+".link", path))
}

func rename(t *testing.T, from, to string) { t.Helper(); check(t, os.Rename(from, to)) }
func remove(t *testing.T, path string)     { t.Helper(); check(t, os.RemoveAll(path)) }
func mkdir(t *testing.T, path string)      { t.Helper(); check(t, os.MkdirAll(path, 0o700)) }
func pipe(t *testing.T, path string)       { t.Helper(); check(t, syscall.Mkfifo(path, 0o600)) }
func chtimes(t *testing.T, path string) {
	t.Helper()
	check(t, os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
