package embedded

import (
	"errors"
	"maps"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// without are files that lack those whose names hold a text.
func without(all map[string]string, part string) map[string]string {
	left := maps.Clone(all)
	maps.DeleteFunc(left, func(name, _ string) bool { return strings.Contains(name, part) })
	return left
}

// What Pebble would take for an empty line, and remove the rest, is rebuilt.
func TestALineWhoseManifestIsGoneIsRebuiltOfItsTables(t *testing.T) {
	s := stockUp(t, func(l *Line) { mustClose(t, l) })
	all := everyFile(t, s.files, "data")
	for _, gone := range []string{"marker.manifest", "MANIFEST", "OPTIONS"} {
		lost, _, err := s.serve(t, copied(t, without(all, gone), "data"))
		if lost > 0 || err != nil {
			t.Errorf("without %s: %d lost, %v", gone, lost, err)
		}
	}
	emptied := maps.Clone(all)
	for name := range all {
		if strings.Contains(name, "line/MANIFEST") {
			emptied[name] = ""
		}
	}
	if lost, corrupt, err := s.serve(t, copied(t, emptied, "data")); lost > 0 || corrupt == 0 || err != nil {
		t.Errorf("with an empty manifest: %d lost, %d unreadable, %v", lost, corrupt, err)
	}
}

// A table that is gone takes its records with it, and is told.
func TestATableThatIsMissingIsTold(t *testing.T) {
	s := stockUp(t, func(l *Line) { mustClose(t, l) })
	files := copied(t, without(everyFile(t, s.files, "data"), ".sst"), "data")
	k, err := OpenKeeper("data", Options{FS: files})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { mustDo(t, k.Close()) }()
	if k.Stats().Corrupt == 0 {
		t.Error("nothing says that a table is missing")
	}
	if _, err := k.Accept(t.Context(), []queue.Entry{entryOf("new", "crm")}); err != nil {
		t.Error(err)
	}
}

func writes(op errorfs.Op) bool { return op.Kind.ReadOrWrite() == errorfs.OpIsWrite }

// However far a repair gets, the next opening finds a whole line.
func TestARepairMayBeCutOffAnywhere(t *testing.T) {
	long(t)
	s := stockUp(t, func(l *Line) { mustClose(t, l) })
	all := everyFile(t, s.files, "data")
	for k := 1; ; k += 1 + k/8 {
		files, f := copied(t, all, "data"), &faults{only: writes}
		f.begin(k, false, errorfs.ErrInjected)
		_, err := Repair("data", Options{FS: errorfs.Wrap(files, f)})
		if lost, _, after := s.serve(t, files); lost > 0 || after != nil {
			t.Fatalf("cut off at operation %d (%v): %d lost, %v", k, err, lost, after)
		}
		if err == nil {
			if k < 50 {
				t.Fatalf("only %d operations were made to fail", k-1)
			}
			return
		}
	}
}

// That a file can't be opened now says nothing of what is in it.
func TestARepairThatCannotOpenAFileChangesNothing(t *testing.T) {
	s := stockUp(t, func(l *Line) { mustClose(t, l) })
	all := everyFile(t, s.files, "data")
	for k := 1; ; k++ {
		files, opened := copied(t, all, "data"), 0
		few := errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind != errorfs.OpOpen || !strings.HasPrefix(op.Path, "data/line/") {
				return nil
			}
			if opened++; opened == k {
				return syscall.EMFILE
			}
			return nil
		})
		r, err := Repair("data", Options{FS: errorfs.Wrap(files, few)})
		switch {
		case opened < k:
			if k < 5 {
				t.Fatalf("only %d files are opened", k-1)
			}
			return
		case err == nil && (r.Events != stock || r.Deliveries != 2*stock):
			t.Fatalf("opening %d failed: %+v", k, r)
		case err != nil && !errors.Is(err, syscall.EMFILE):
			t.Fatalf("opening %d failed: %v", k, err)
		case err != nil && !maps.Equal(without(everyFile(t, files, "data"), "lock"), without(all, "lock")):
			t.Fatalf("opening %d failed, and something was changed", k)
		}
	}
}

func TestARepairKeepsTheOldFilesAndSaysSo(t *testing.T) {
	s := stockUp(t, func(l *Line) { mustClose(t, l) })
	all := everyFile(t, s.files, "data")
	files := copied(t, all, "data")
	r, err := Repair("data", Options{FS: files})
	if err != nil || r.Events != stock || r.Deliveries != 2*stock || len(r.Findings) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	for name, content := range everyFile(t, files, "data/"+r.Kept) {
		if all["line/"+name] != content {
			t.Errorf("%s is not as it was", name)
		}
	}
	if lost, _, err := s.serve(t, files); lost > 0 || err != nil {
		t.Errorf("%d lost, %v", lost, err)
	}
}

// A running agent fills no disk with old lines.
func TestOnlySoManyDamagedLinesAreSetAsideWithoutBeingAsked(t *testing.T) {
	s := stockUp(t, func(l *Line) { mustClose(t, l) })
	all := without(everyFile(t, s.files, "data"), "marker.manifest")
	for _, n := range []string{"1", "2", "3"} {
		all["quarantine/line-"+n+"/kept"] = "x"
	}
	files := copied(t, all, "data")
	var damage *DamageError
	if _, err := OpenKeeper("data", Options{FS: files}); !errors.As(err, &damage) || !strings.Contains(err.Error(), "--repair") {
		t.Fatalf("opened: %v", err)
	}
	if _, err := Repair("data", Options{FS: files}); err != nil {
		t.Errorf("repair: %v", err)
	}
	if lost, _, err := s.serve(t, files); lost > 0 || err != nil {
		t.Errorf("%d lost, %v", lost, err)
	}
}

func TestANewerFormatIsNotTouched(t *testing.T) {
	s := stockUp(t, func(l *Line) { mustClose(t, l) })
	all := everyFile(t, s.files, "data")
	all["format"] = "postern-line 2\n"
	files := copied(t, all, "data")
	_, opened := OpenKeeper("data", Options{FS: files})
	_, repaired := Repair("data", Options{FS: files})
	_, checked := CheckDir("data", Options{FS: files})
	for what, err := range map[string]error{"open": opened, "repair": repaired, "check": checked} {
		if !errors.Is(err, queue.ErrNewerFormat) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if !maps.Equal(everyFile(t, files, "data"), all) {
		t.Error("something was changed")
	}
}

// A format that can't be read is no newer one.
func TestARepairWritesADamagedFormatAnew(t *testing.T) {
	s := stockUp(t, func(l *Line) { mustClose(t, l) })
	all := everyFile(t, s.files, "data")
	all["format"] = "postern-lime 1\n"
	files := copied(t, all, "data")
	if _, err := OpenKeeper("data", Options{FS: files}); err == nil || !strings.Contains(err.Error(), "format") {
		t.Errorf("opened: %v", err)
	}
	if _, err := Repair("data", Options{FS: files}); err != nil {
		t.Fatal(err)
	}
	if lost, _, err := s.serve(t, files); lost > 0 || err != nil {
		t.Errorf("%d lost, %v", lost, err)
	}
}

func TestACheckFindsWhatIsDamagedAndChangesNothing(t *testing.T) {
	s := stockUp(t, func(l *Line) { mustClose(t, l) })
	all := everyFile(t, s.files, "data")
	c, err := CheckDir("data", Options{FS: copied(t, all, "data")})
	if err != nil || len(c.Findings) > 0 || c.Events != stock || len(c.Lanes) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	if crm := c.Lanes[0]; crm.Name != "crm" || crm.Pending != stock-20 || crm.Delivered != 20 {
		t.Errorf("%+v", crm)
	}
	for name, content := range all {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		all[name] = flipped(content, len(content)*4)
		files := copied(t, all, "data")
		c, err := CheckDir("data", Options{FS: files})
		if err != nil || len(c.Findings) != 1 || c.Findings[0].File != name || c.BadBlocks != 1 {
			t.Errorf("%+v, %v", c, err)
		}
		if !maps.Equal(everyFile(t, files, "data"), all) {
			t.Error("the check changed something")
		}
	}
}

func TestARunningLineIsCheckedToo(t *testing.T) {
	files := vfs.NewMem()
	k, err := OpenKeeper("data", Options{FS: files})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { mustDo(t, k.Close()) }()
	_, err = k.Accept(t.Context(), []queue.Entry{entryOf("e1", "crm"), entryOf("e2", "crm")})
	mustDo(t, err)
	leases, _, err := k.Take("crm", 1)
	mustDo(t, err)
	settle(t, leases[0], event.Delivered)
	c, err := k.Check()
	if err != nil || len(c.Findings) > 0 || c.Events != 2 || c.Lanes[0].Pending != 1 || c.Lanes[0].Delivered != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := files.Stat("data/" + checking); err == nil {
		t.Error("the snapshot is still there")
	}
}

// Without its name a lane goes to no webhook, and its number to no other.
func TestALaneThatLostItsNameKeepsItsNumber(t *testing.T) {
	o := Options{FS: vfs.NewMem()}
	l := mustOpen(t, "data", o)
	accept(t, l, entryOf("e1", "crm"))
	b := l.batch()
	b.removeFrom([]byte{inLanes}, []byte{inLanes + 1})
	b.removeFrom([]byte{inNames}, []byte{inNames + 1})
	mustDo(t, l.store.apply(b, pebble.Sync))
	mustClose(t, l)
	r, err := Repair("data", o)
	if err != nil || r.WithoutLane != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	l = mustOpen(t, "data", o)
	defer mustClose(t, l)
	accept(t, l, entryOf("e2", "shop"))
	if got := take(t, l, "shop", 5); len(got) != 1 || got[0].Delivery().EventID != "e2" {
		t.Errorf("shop gets %d", len(got))
	}
	if got := take(t, l, "unreadable-1", 5); len(got) != 1 || got[0].Delivery().EventID != "e1" {
		t.Errorf("%d wait without a webhook", len(got))
	}
}
