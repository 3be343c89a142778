package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A survey is what files a line is made of.
type survey struct {
	tables []tableName
	logs   []string // rising
	told   bool     // by the manifest; else everything that is there counts

	missing  []string // tables that the manifest names
	orphans  []string // tables that it does not name: leftovers, unless it is damaged
	findings []Finding
	failed   error // the disk, and no damage, is why the manifest says nothing
}

// A tableName is a table, and the part of it that counts, if not all of it.
type tableName struct {
	name              string
	size              int64 // 0: not known
	smallest, largest []byte
}

// A Finding is something that is not as it should be.
type Finding struct {
	File string `json:"file"` // below the data directory
	What string `json:"what"`
}

// lookOver finds the files of the line in a directory, and touches nothing.
func lookOver(files vfs.FS, within string) (s survey, err error) {
	names, err := files.List(within)
	if err != nil {
		return s, err
	}
	if s.failed = s.readManifest(files, within, names); s.failed != nil {
		s.damaged("line", "its manifest can't be read: %v", s.failed)
	}
	if len(s.findings) == 0 && !s.told {
		if s.failed = s.askManifest(files, within, names); s.failed != nil {
			s.damaged("line", "its manifest can't be read: %v", s.failed)
		}
	}
	if !s.told {
		s.takeAll(names)
	}
	slices.SortFunc(s.logs, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	return s, nil
}

func (s *survey) damaged(file, what string, args ...any) {
	s.findings = append(s.findings, Finding{file, fmt.Sprintf(what, args...)})
}

// readManifest finds the manifest, and what it says if that may be relied on. Pebble
// reads it as far as it can, forgets the tables that are named behind that, and
// removes them.
func (s *survey) readManifest(files vfs.FS, within string, names []string) error {
	name := manifestIn(names)
	if name == "" {
		if len(tablesIn(names)) > 0 {
			s.damaged("line", "no file says which the manifest is")
		}
		return nil
	}
	raw, err := readAll(files, files.PathJoin(within, name))
	if errors.Is(err, fs.ErrNotExist) {
		s.damaged("line/"+name, "is missing")
		return nil
	}
	if err != nil {
		return err
	}
	r := readLog(raw, 0)
	switch {
	case r.gap:
		s.damaged("line/"+name, "is damaged in the middle")
		return nil
	case len(r.records) == 0:
		s.damaged("line/"+name, "holds nothing that can be read")
		return nil
	case !r.tail:
		return nil
	}
	if err := s.askManifest(files, within, names); err != nil {
		return err
	}
	if len(s.orphans) > 0 { // else it was cut off while it was written
		*s = survey{findings: s.findings}
		s.damaged("line/"+name, "ends in a record that can't be read")
	}
	return nil
}

// manifestIn is the name of the manifest; empty: there is none.
func manifestIn(names []string) (manifest string) {
	latest := ""
	for _, n := range names {
		if rest, found := strings.CutPrefix(n, "marker.manifest."); found && rest > latest {
			latest = rest
			_, manifest, _ = strings.Cut(rest, ".")
		}
	}
	return manifest
}

// errShut tells of a file that can't be opened now, because too many are open for
// one thing: what is in it may be as it should.
var errShut = errors.New("can't be opened")

func openFile(files vfs.FS, name string) (vfs.File, error) {
	f, err := files.Open(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s %w: %w", name, errShut, err)
	}
	return f, err
}

func readAll(files vfs.FS, name string) ([]byte, error) {
	f, err := openFile(files, name)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(f)
	return raw, errors.Join(err, f.Close())
}

// askManifest lets Pebble read it, with empty logs, and tells what Pebble asks for.
func (s *survey) askManifest(files vfs.FS, within string, names []string) error {
	muted := &mutedFS{FS: files}
	found, err := tablesOf(muted, within)
	switch {
	case errors.Is(err, errUnreadable), pebble.IsCorruptionError(err), errors.Is(err, fs.ErrNotExist):
		s.damaged("line", "what its manifest says makes no sense: %v", err)
		return nil
	case err != nil:
		return err
	}
	s.told, s.logs, s.tables = true, muted.logs, found
	there := tablesIn(names)
	named := map[string]bool{}
	for _, t := range found {
		named[t.name] = true
		if !slices.Contains(there, t.name) {
			s.missing = append(s.missing, t.name)
			s.damaged("line/"+t.name, "is missing")
		} else if info, err := files.Stat(files.PathJoin(within, t.name)); err == nil && t.size > 0 && info.Size() != t.size {
			s.damaged("line/"+t.name, "has %d bytes, and not %d", info.Size(), t.size)
		}
	}
	s.tables = slices.DeleteFunc(s.tables, func(t tableName) bool { return slices.Contains(s.missing, t.name) })
	for _, t := range there {
		if !named[t] {
			s.orphans = append(s.orphans, t)
		}
	}
	return nil
}

func tablesOf(files vfs.FS, within string) (found []tableName, err error) {
	defer recovered(&err)
	o := &pebble.Options{FS: files, Merger: merger, ReadOnly: true, DisableConsistencyCheck: true, Logger: quiet{}}
	db, err := pebble.Open(within, o)
	if err != nil {
		return nil, err
	}
	levels, err := db.SSTables()
	for _, level := range levels {
		for _, t := range level {
			n := tableName{name: fmt.Sprintf("%06d.sst", t.BackingSSTNum)}
			if n.size = int64(t.Size); t.Virtual {
				n.size, n.smallest, n.largest = 0, slices.Clone(t.Smallest.UserKey), slices.Clone(t.Largest.UserKey)
			}
			found = append(found, n)
		}
	}
	return found, errors.Join(err, db.Close())
}

func (s *survey) takeAll(names []string) {
	s.tables, s.logs = nil, nil
	for _, n := range tablesIn(names) {
		s.tables = append(s.tables, tableName{name: n})
	}
	for _, n := range names {
		if strings.HasSuffix(n, ".log") {
			s.logs = append(s.logs, n)
		}
	}
}

func tablesIn(names []string) (tables []string) {
	for _, n := range names {
		if strings.HasSuffix(n, ".sst") {
			tables = append(tables, n)
		}
	}
	return tables
}

// numberOf is the number in the name of a log; those of the first versions have
// nothing else in it.
func numberOf(log string) (uint64, bool) {
	digits, _, _ := strings.Cut(strings.TrimSuffix(log, ".log"), "-")
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}

// A mutedFS has no options and only empty logs, notes which of these are asked
// for, and changes nothing.
type mutedFS struct {
	vfs.FS
	logs []string
}

func (m *mutedFS) List(dir string) ([]string, error) {
	names, err := m.FS.List(dir)
	return slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "OPTIONS-") }), err
}

func (m *mutedFS) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	if strings.HasSuffix(name, ".log") {
		m.logs = append(m.logs, m.PathBase(name))
		return vfs.NewMemFile(nil), nil
	}
	return m.FS.Open(name, o...)
}

func (m *mutedFS) Lock(string) (io.Closer, error) { return noLock{}, nil }
