package embedded

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/event"
	"github.com/posternhq/postern/queue"
)

// A stocked line is one with events of about 1 KB: some delivered, some failed once,
// most waiting, some in an order.
type stocked struct {
	files  *vfs.MemFS
	owed   map[string]int  // deliveries that wait, by event
	posted map[string]bool // all events
}

const stock = 300

func stockUp(t testing.TB, stop func(*Line)) *stocked {
	t.Helper()
	s := &stocked{files: vfs.NewCrashableMem(), owed: map[string]int{}, posted: map[string]bool{}}
	l := mustOpen(t, "data", Options{FS: s.files})
	for i := range stock {
		e := entryOf(fmt.Sprintf("e%03d", i), "crm", "shop")
		e.Event.Data = filler(i)
		if i%7 == 0 { // a record of another version
			e.Event.Trace = event.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
		}
		if i%3 == 0 {
			e.Owed[0].Order = queue.OrderOf(fmt.Sprint("contact ", i%5))
		}
		accept(t, l, e)
		s.owed[e.Event.ID], s.posted[e.Event.ID] = 2, true
	}
	for _, lease := range take(t, l, "crm", 20) {
		settle(t, lease, event.Delivered)
		s.owed[lease.Delivery().EventID]--
	}
	for _, lease := range take(t, l, "shop", 20) {
		settle(t, lease, event.Pending)
	}
	stop(l)
	return s
}

// filler is 1 KB that can't be packed.
func filler(i int) []byte {
	text := []byte(`{"text":"`)
	for n := 0; len(text) < 1000; n++ {
		text = fmt.Appendf(text, "%x", sha256.Sum256(fmt.Append(nil, i, n)))
	}
	return append(text, `"}`...)
}

// everyFile is all files below a directory.
func everyFile(t testing.TB, files vfs.FS, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	names, err := files.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		path := files.PathJoin(dir, n)
		if info, err := files.Stat(path); err == nil && info.IsDir() {
			for name, content := range everyFile(t, files, path) {
				all[files.PathJoin(n, name)] = content
			}
			continue
		}
		raw, err := readAll(files, path)
		if err != nil {
			t.Fatal(err)
		}
		all[n] = string(raw)
	}
	return all
}

// copied are new files with the same content.
func copied(t testing.TB, all map[string]string, dir string) *vfs.MemFS {
	t.Helper()
	files := vfs.NewMem()
	for name, content := range all {
		path := files.PathJoin(dir, name)
		if err := files.MkdirAll(files.PathDir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := files.Create(path, vfs.WriteCategoryUnspecified)
		if err == nil {
			_, err = io.WriteString(f, content)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func flipped(content string, bit int) string {
	b := []byte(content)
	b[bit/8] ^= 1 << (bit % 8)
	return string(b)
}

// serve opens a kept line and attempts all that is due, by lane.
func (s *stocked) serve(t testing.TB, files vfs.FS) (lost int, corrupt int64, err error) {
	t.Helper()
	k, err := OpenKeeper("data", Options{FS: files})
	if err != nil {
		return 0, 0, err
	}
	got := map[string]map[string]bool{}
	for _, lane := range []string{"crm", "shop"} {
		got[lane] = map[string]bool{}
		for quiet := 0; quiet < 3; {
			leases, _, err := k.Take(lane, 50)
			if err != nil && !errors.Is(err, queue.ErrUnavailable) {
				t.Fatal(err)
			}
			if len(leases) == 0 {
				quiet++
				k.outage.next = k.o.Now()
				if _, _, err := k.step(); err != nil {
					return 0, 0, errors.Join(err, k.Close())
				}
				continue
			}
			quiet = 0
			for _, lease := range leases {
				d := lease.Delivery()
				if d.Webhook != lane || !s.posted[d.EventID] || string(d.Event.Data) != string(filler(number(d.EventID))) {
					t.Fatalf("%s gets %s, which it is not owed", lane, d.EventID)
				}
				if err := lease.Settle(t.Context(), queue.Outcome{State: event.Delivered}); err != nil {
					_ = lease.Release() // it is due again
					continue
				}
				got[lane][d.EventID] = true
			}
		}
	}
	for id, n := range s.owed {
		for _, lane := range []string{"crm", "shop"} {
			if got[lane][id] {
				n--
			}
		}
		lost += max(0, n)
	}
	corrupt = k.Stats().Corrupt
	if _, err := k.Accept(t.Context(), []queue.Entry{entryOf("new", "crm")}); err != nil {
		t.Errorf("an accept afterwards: %v", err)
	}
	return lost, corrupt, k.Close()
}

func number(id string) (n int) {
	_, _ = fmt.Sscanf(id, "e%d", &n)
	return n
}

// After a clean stop all is in tables, and after a kill in the log: there a block of
// the log holds up to 32 KB.
func TestAFlippedBitCostsWhatStoodThere(t *testing.T) {
	long(t)
	for name, stop := range map[string]func(*Line){
		"clean stop": func(l *Line) { mustClose(t, l) },
		"kill":       func(l *Line) { t.Cleanup(func() { mustClose(t, l) }) },
	} {
		t.Run(name, func(t *testing.T) { flipEach(t, stockUp(t, stop)) })
	}
}

func flipEach(t *testing.T, s *stocked) {
	files := s.files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	all := everyFile(t, files, "data")
	if lost, corrupt, err := s.serve(t, copied(t, all, "data")); lost > 0 || corrupt > 0 || err != nil {
		t.Fatalf("undamaged: %d lost, %d unreadable, %v", lost, corrupt, err)
	}
	const most = 100 // events of 1 KB
	worst := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		content := all[name]
		if name == "lock" || name == "reserve" || name == "format" || len(content) == 0 {
			continue
		}
		for _, bit := range bitsOf(content) {
			damaged := maps.Clone(all)
			damaged[name] = flipped(content, bit)
			files := copied(t, damaged, "data")
			lost, corrupt, err := s.serve(t, files)
			kind := kindOf(name)
			worst[kind] = max(worst[kind], lost)
			if err != nil || lost > most {
				t.Errorf("%s, bit %d: %d lost, %d unreadable, %v", name, bit, lost, corrupt, err)
			}
			if lost > 0 && corrupt == 0 && !isLast(kind, lost) {
				t.Errorf("%s, bit %d: %d lost, and nothing says so", name, bit, lost)
			}
			if corrupt > 0 && !keeps(t, files, damaged[name]) {
				t.Errorf("%s, bit %d: the damaged file is gone", name, bit)
			}
		}
	}
	t.Logf("most that one flipped bit cost: %v of %d deliveries", worst, 2*stock)
}

// isLast tells of what was accepted last before a kill: damage in that can't be told
// from a log that was cut off while it was written.
func isLast(kind string, lost int) bool { return kind == ".log" && lost <= 2 }

// keeps tells whether a file with that content is still somewhere.
func keeps(t testing.TB, files vfs.FS, content string) bool {
	return slices.Contains(slices.Collect(maps.Values(everyFile(t, files, "data"))), content)
}

// bitsOf are bits all over a file; with -every-operation some in each of its blocks.
func bitsOf(content string) (bits []int) {
	step := max(1, len(content)/8) * 8
	if *everyOperation {
		step = max(1, min(len(content)/30, 1<<10)) * 8
	}
	for bit := step / 3; bit < len(content)*8; bit += step {
		bits = append(bits, bit)
	}
	for last := 1; last < 60; last += 11 { // the footer, or the last record
		if bit := len(content)*8 - last*8; bit > 0 {
			bits = append(bits, bit)
		}
	}
	return bits
}

func kindOf(name string) string {
	for _, k := range []string{"MANIFEST", "OPTIONS", ".sst", ".log", "marker"} {
		if strings.Contains(name, k) {
			return k
		}
	}
	return name
}
