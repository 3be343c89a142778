package embedded

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"
)

// A cutStory is a story that a blackout ends, with what the line may look like
// afterwards: as it did at one moment since something was synced.
type cutStory struct {
	*story
	blackout *blackout
	line     *Line
	seen     []picture // since the last call that was synced
	parts    bool      // one of them goes on by parts, and can end between two
}

// tell tells a story until its end, or that of the machine.
func tell(t *testing.T, o Options, out *blackout, fs vfs.FS, steps int) *cutStory {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 9))
	out.rng = seeded(out.k)
	c := &cutStory{story: &story{t: t, rng: rng, clock: newFakeClock(), accepted: map[string]int{}}, blackout: out, seen: []picture{{}}}
	o.Now, o.FS = c.clock.now, errorfs.Wrap(fs, out)
	out.arm()
	c.line = mustOpen(t, "data", o)
	defer mustClose(t, c.line)
	c.l = c.line
	for range steps {
		if out.over() {
			break
		}
		known := maps.Clone(c.accepted)
		c.turn()
		if out.over() {
			c.accepted = known // nobody heard of the rest
		}
	}
	return c
}

// turn is a step with more in it, and a look at what came of it.
func (c *cutStory) turn() {
	c.t.Helper()
	synced, parts := false, false
	var err error
	switch lane := string(rune('a' + c.rng.IntN(3))); c.rng.IntN(16) {
	case 0:
		err, synced = c.line.Note(c.t.Context(), lane, fmt.Append(nil, c.rng.IntN(100))), true
	case 1:
		err = c.line.store.db.Flush()
	case 2:
		err, parts = c.line.Sweep(c.t.Context()), true
	case 3:
		_, err = c.line.Move(c.t.Context(), lane, "a")
		if lane == "a" {
			err = nil // it is there
		}
		parts = true
	case 4:
		_, err = c.line.LetGo(c.t.Context(), lane)
		parts = true
	case 5, 6, 7:
		known := len(c.accepted)
		err = c.accept()
		synced = len(c.accepted) > known
	default:
		err, parts = c.step(), true // it may be any of those
	}
	if err != nil {
		c.t.Fatal(err)
	}
	once := map[string]bool{}
	for _, s := range c.leases {
		if once[s.Delivery().ID] {
			c.t.Fatalf("%s is leased twice", s.Delivery().ID)
		}
		once[s.Delivery().ID] = true
	}
	if synced && !c.blackout.over() {
		c.seen, c.parts = nil, false
	}
	c.seen, c.parts = append(c.seen, pictureOf(c.t, c.line)), c.parts || parts
}

// survives looks at what a blackout has left.
func (c *cutStory) survives(how string, left *vfs.MemFS, o Options, all bool) {
	c.t.Helper()
	o.Now, o.FS = c.clock.now, left
	l := mustOpen(c.t, "data", o)
	defer mustClose(c.t, l)
	if ids := lost(c.t, l, c.accepted); all && len(ids) > 0 {
		c.t.Fatalf("%s at operation %d: lost %v", how, c.blackout.k, ids)
	}
	if got := pictureOf(c.t, l); !c.parts && !c.saw(got) {
		c.t.Fatalf("%s at operation %d: the line never looked like that (-last +after)\n%s", how, c.blackout.k, cmp.Diff(c.seen[len(c.seen)-1], got))
	}
	again := *c.story // so that the next blackout finds the clock where it was
	again.clock = &fakeClock{at: c.clock.now()}
	l.o.Now = again.clock.now
	again.check(l, all)
}

func (c *cutStory) saw(got picture) bool {
	for _, p := range c.seen {
		if maps.Equal(p, got) {
			return true
		}
	}
	return false
}

// A blackout comes at each operation of a story, until the story passes without.
func TestABlackoutAtEveryStep(t *testing.T) {
	for _, c := range []struct {
		name  string
		o     Options
		all   bool
		of    func(errorfs.Op) bool
		steps int
	}{
		{"sync", Options{}, true, syncs, 60},
		{"sync, removing", Options{RetainDelivered: time.Second, RetainFailed: 2 * time.Second}, false, syncs, 60},
		{"any change", Options{}, true, changes, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			long(t)
			for k := 1; ; k++ {
				files := vfs.NewCrashableMem()
				out := &blackout{files: files, of: c.of, k: k}
				s := tell(t, c.o, out, files, c.steps)
				if !out.over() {
					t.Logf("%d blackouts", k-1)
					if k < 30 {
						t.Fatalf("only %d blackouts", k-1)
					}
					return
				}
				for how, left := range out.left {
					s.survives(how, left, c.o, c.all)
				}
			}
		})
	}
}

// The control: where the log isn't synced, the same story has to lose what was
// accepted, or nothing would be shown by its losing nothing.
func TestABlackoutOfALineThatDoesNotSyncIsCaught(t *testing.T) {
	cuts, caught := 0, 0
	for ; ; cuts++ {
		files := vfs.NewCrashableMem()
		out := &blackout{files: files, of: syncs, k: cuts + 1}
		s := tell(t, Options{}, out, deaf{files}, 60)
		if !out.over() {
			break
		}
		l := mustOpen(t, "data", Options{Now: s.clock.now, FS: out.left["power cut"]})
		if len(lost(t, l, s.accepted)) > 0 {
			caught++
		}
		mustClose(t, l)
	}
	t.Logf("%d of %d power cuts are caught", caught, cuts)
	if caught < 10 {
		t.Error("a log that is not synced is not seen")
	}
}

// A marker of Pebble's is made when what it points to has its name on disk.
func TestNoMarkerPointsNowhereAfterAPowerCut(t *testing.T) {
	files, markers := vfs.NewCrashableMem(), 0
	look := func(op errorfs.Op) error {
		name := files.PathBase(op.Path)
		if op.Kind != errorfs.OpCreate || !strings.HasPrefix(name, "marker.manifest.") {
			return nil
		}
		markers++
		of := files.PathJoin(files.PathDir(op.Path), name[strings.LastIndex(name, ".")+1:])
		if _, err := files.CrashClone(vfs.CrashCloneCfg{}).Stat(of); err != nil {
			t.Errorf("%s is made, and %v", name, err)
		}
		return nil
	}
	mustClose(t, mustOpen(t, "data", Options{FS: errorfs.Wrap(files, errorfs.InjectorFunc(look))}))
	if markers == 0 {
		t.Error("Pebble makes no markers any more")
	}
}
