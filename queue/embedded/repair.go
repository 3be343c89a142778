package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/posternhq/postern/queue"
)

const (
	lineName    = "line"
	newName     = "line.new"     // a line that is being rebuilt; of no use until it is whole
	rebuiltName = "line.rebuilt" // one that is whole, and takes the place of the line
)

// A DamageError says that files of a line are damaged.
type DamageError struct {
	Findings []Finding
	Cause    error // nil: the findings say it all
}

func (e *DamageError) Error() string {
	var all []string
	for _, f := range e.Findings {
		all = append(all, f.File+" "+f.What)
	}
	text := strings.Join(all, "; ")
	if e.Cause != nil {
		text = strings.TrimPrefix(text+"; "+e.Cause.Error(), "; ")
	}
	return text + "; postern doctor tells more, and postern doctor --repair rebuilds the line of what can be read, and keeps the old files"
}

func (e *DamageError) Unwrap() error { return e.Cause }

// isDamage tells errors of damaged files from those of a failing disk.
func isDamage(err error) bool {
	var d *DamageError
	return errors.As(err, &d) || pebble.IsCorruptionError(err)
}

// inspect looks at what Pebble would take for the end of a file, and then forget
// what is behind it.
func inspect(files vfs.FS, within string) error {
	names, err := files.List(within)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var s survey
	if err := s.readManifest(files, within, names); err != nil {
		return err
	}
	for _, n := range names {
		proven, err := damageOfLog(files, within, n)
		if err != nil {
			return err
		}
		if proven == 0 {
			continue
		}
		if !s.told { // not asked yet; a log that is no longer needed may be as it is
			if err := s.askManifest(files, within, names); err != nil {
				return err
			}
		}
		if !s.told || slices.Contains(s.logs, n) {
			s.damaged(lineName+"/"+n, "%d places are damaged", proven)
		}
	}
	if len(s.findings) > 0 {
		return &DamageError{Findings: s.findings}
	}
	return nil
}

// diagnose tells whether the files are why Pebble does not open.
func diagnose(files vfs.FS, within string, cause error) error {
	s, err := lookOver(files, within)
	if err != nil || s.failed != nil || len(s.findings) == 0 {
		return cause
	}
	return &DamageError{Findings: s.findings, Cause: cause}
}

// damageOfLog counts the places of a log that were synced and can't be read.
func damageOfLog(files vfs.FS, within, name string) (int, error) {
	num, ok := numberOf(name)
	if !ok || !strings.HasSuffix(name, ".log") {
		return 0, nil
	}
	raw, err := readAll(files, files.PathJoin(within, name))
	return readLog(raw, uint32(num)).proven, err
}

// checkOptions sets an options file aside that Pebble would refuse: it holds
// nothing that this program does not know.
func checkOptions(files vfs.FS, dir string, o Options) (aside int64, err error) {
	within := files.PathJoin(dir, lineName)
	names, err := files.List(within)
	if err != nil {
		return 0, err
	}
	for _, n := range names {
		if !strings.HasPrefix(n, "OPTIONS-") {
			continue
		}
		raw, err := readAll(files, files.PathJoin(within, n))
		if err != nil {
			return aside, err
		}
		cause := compatible(within, string(raw))
		if cause == nil {
			continue
		}
		kept, err := setFileAside(files, dir, lineName+"/"+n, o.Now())
		if err != nil {
			return aside, err
		}
		o.Log.Sugar().Warnf("%s/%s is damaged and is set aside as %s; nothing is lost: %v", lineName, n, kept, cause)
		aside++
	}
	return aside, nil
}

func compatible(within, text string) (err error) {
	defer recovered(&err)
	return tableOptions().CheckCompatibility(within, text)
}

// Repair rebuilds the line of a data directory of what can be read, and keeps the
// old one in the quarantine. No line may be open in dir. A repair that is cut off
// at any moment leaves the old line or the new one, and the next opening ends it.
func Repair(dir string, o Options) (report Rebuilt, err error) {
	o = o.withDefaults()
	s, err := newSite(dir, o)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, s.lock.Close()) }()
	if err := s.claim(); err != nil {
		return report, err
	}
	if err := s.mendFormat(o); err != nil {
		return report, err
	}
	if err := finishRepair(s.files, dir, o); err != nil {
		return report, err
	}
	return s.repair(o)
}

// mendFormat writes the format anew if it can't be read, unless it is a newer one.
func (s *site) mendFormat(o Options) error {
	version, err := checkFormat(s.files, s.dir)
	switch {
	case errors.Is(err, queue.ErrNewerFormat):
		return err
	case version == 0 && err == nil:
		return fmt.Errorf("%s holds no line", s.dir)
	case err == nil:
		return nil
	}
	if _, missing := s.files.Stat(s.files.PathJoin(s.dir, "format")); missing == nil {
		if _, err := setFileAside(s.files, s.dir, "format", o.Now()); err != nil {
			return err
		}
	}
	return writeFormat(s.files, s.dir)
}

// mayRepair tells why a damaged line can't be rebuilt without somebody who wants
// it; nil: it can.
func (s *site) mayRepair(o Options) error {
	names, err := quarantined(s.files, s.dir)
	if err != nil {
		return err
	}
	if n := oldLines(names); n >= mostOldLines {
		return fmt.Errorf("%d damaged lines are in %s/%s already: remove those that nobody needs", n, s.dir, quarantineName)
	}
	if o.Free == nil {
		return nil
	}
	size, err := filesSize(s.files, s.files.PathJoin(s.dir, lineName))
	if err != nil {
		return err
	}
	free, _, err := o.Free(s.dir)
	if err == nil && free < size+size/4 {
		err = fmt.Errorf("rebuilding the damaged line takes up to %d bytes beside it, and %d are free", size+size/4, free)
	}
	return err
}

func filesSize(files vfs.FS, dir string) (total int64, err error) {
	names, err := files.List(dir)
	for _, n := range names {
		if info, err := files.Stat(files.PathJoin(dir, n)); err == nil && !info.IsDir() {
			total += info.Size()
		}
	}
	return total, err
}

// repair rebuilds the line, whose directory is locked, in three steps: a new one
// beside it, whole; the old one into the quarantine; the new one in its place.
func (s *site) repair(o Options) (report Rebuilt, err error) {
	fresh := s.files.PathJoin(s.dir, newName)
	if err := s.files.RemoveAll(fresh); err != nil { // what an earlier try left over; it holds copies
		return report, err
	}
	report, err = rebuild(s.files, s.files.PathJoin(s.dir, lineName), fresh, o)
	if err != nil {
		_ = s.files.RemoveAll(fresh) // as far as it got; the next try removes it too
		return report, fmt.Errorf("rebuild the line: %w", err)
	}
	if err := s.files.Rename(fresh, s.files.PathJoin(s.dir, rebuiltName)); err != nil {
		return report, err
	}
	if err := syncDir(s.files, s.dir); err != nil {
		return report, err
	}
	report.Kept, err = putInPlace(s.files, s.dir, o)
	if err != nil {
		return report, err
	}
	report.tell(o.Log)
	return report, writeReport(s.files, s.files.PathJoin(s.dir, report.Kept+reportSuffix), report)
}

// putInPlace gives the rebuilt line its place, and keeps the old one.
func putInPlace(files vfs.FS, dir string, o Options) (kept string, err error) {
	if _, err := files.Stat(files.PathJoin(dir, lineName)); err == nil {
		if kept, err = setFileAside(files, dir, lineName, o.Now()); err != nil {
			return "", err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := files.Rename(files.PathJoin(dir, rebuiltName), files.PathJoin(dir, lineName)); err != nil {
		return kept, err
	}
	return kept, syncDir(files, dir)
}

// finishRepair ends a repair that was cut off behind its first step.
func finishRepair(files vfs.FS, dir string, o Options) error {
	if _, err := files.Stat(files.PathJoin(dir, rebuiltName)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	_, err := putInPlace(files, dir, o)
	return err
}

func writeReport(files vfs.FS, name string, report Rebuilt) error {
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(files, name, append(text, '\n'))
}

func writeWhole(files vfs.FS, name string, content []byte) error {
	f, err := files.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}
