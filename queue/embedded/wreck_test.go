package embedded

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// wrecks are what happens to files besides a flipped bit.
var wrecks = map[string]func(content string) string{
	"emptied":         func(string) string { return "" },
	"cut in half":     func(c string) string { return c[:len(c)/2] },
	"a sector zeroed": func(c string) string { return overwritten(c, string(make([]byte, min(4096, len(c)/2)))) },
	"a sector of noise": func(c string) string {
		return overwritten(c, noise(min(4096, len(c)/2)))
	},
	"zeros behind": func(c string) string { return c + string(make([]byte, 4096)) },
	"noise behind": func(c string) string { return c + noise(4096) },
}

func overwritten(c, with string) string {
	at := (len(c) - len(with)) / 2
	return c[:at] + with + c[at+len(with):]
}

func noise(n int) string {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b) // never fails
	return string(b)
}

// Whatever is lost, nothing else is delivered in its place, the rest flows, and the
// wreck is kept.
func TestAFileThatIsCutOffOrOverwrittenCostsWhatStoodThere(t *testing.T) {
	long(t)
	for name, stop := range map[string]func(*Line){
		"clean stop": func(l *Line) { mustClose(t, l) },
		"kill":       func(l *Line) { t.Cleanup(func() { mustClose(t, l) }) },
	} {
		t.Run(name, func(t *testing.T) {
			s := stockUp(t, stop)
			files := s.files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
			wreckEach(t, s, everyFile(t, files, "data"))
		})
	}
}

func wreckEach(t *testing.T, s *stocked, all map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !strings.HasPrefix(name, "line/") || len(all[name]) == 0 {
			continue
		}
		for what, wreck := range wrecks {
			wrecked := maps.Clone(all)
			wrecked[name] = wreck(all[name])
			files := copied(t, wrecked, "data")
			lost, corrupt, err := s.serve(t, files)
			switch {
			case err != nil:
				t.Errorf("%s, %s: %v", name, what, err)
			case lost > 0 && corrupt == 0 && kindOf(name) != ".log": // a log may end anywhere
				t.Errorf("%s, %s: %d lost, and nothing says so", name, what, lost)
			case lost > 0 && corrupt > 0 && !keeps(t, files, wrecked[name]):
				t.Errorf("%s, %s: the wreck is gone", name, what)
			case lost > 20 && strings.HasPrefix(what, "a sector"), lost > 0 && strings.HasSuffix(what, "behind"):
				t.Errorf("%s, %s: %d lost", name, what, lost)
			}
		}
	}
}

// Neither what is read of a log nor what is found in a table may do harm, whatever
// the bytes are.
func FuzzDamagedFiles(f *testing.F) {
	s := stockUp(f, func(l *Line) { mustClose(f, l) })
	for name, content := range everyFile(f, s.files, "data") {
		if len(content) > 0 && strings.HasPrefix(name, "line/") {
			f.Add([]byte(content[:min(len(content), 20_000)]), uint32(4))
		}
	}
	f.Fuzz(func(t *testing.T, file []byte, num uint32) {
		r := readLog(file, num)
		size := 0
		for _, record := range append(slices.Clone(r.records), r.beyond...) {
			size += len(record)
			(&source{}).add(record)
		}
		if size > len(file) {
			t.Errorf("%d bytes of records in %d", size, len(file))
		}
		for _, e := range carve(file[:min(len(file), 4096)]) {
			if e.at+e.length > uint64(len(file)) {
				t.Errorf("a block at %d of %d bytes", e.at, e.length)
			}
		}
	})
}
