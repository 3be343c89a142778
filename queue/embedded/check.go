package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"

	"github.com/posternhq/postern/queue"
)

// A Check is what was found in a data directory, without changing anything there.
type Check struct {
	Format     int       `json:"format"` // of what is stored; 0: there is none
	Findings   []Finding `json:"findings"`
	Tables     int       `json:"tables"`
	Blocks     int       `json:"blocks"`
	BadBlocks  int       `json:"bad_blocks"`
	Events     int64     `json:"events"`
	Unreadable int64     `json:"unreadable_records"`
	Aside      int64     `json:"set_aside_records"`
	Bytes      int64     `json:"bytes"` // of the files
	Free       int64     `json:"free_bytes"`
	Floor      int64     `json:"floor_bytes"`
	Reserve    int64     `json:"reserve_bytes"` // 0: it is given up, or was never made

	Quarantine []string    `json:"quarantine"` // below quarantine/
	Lanes      []LaneCheck `json:"lanes"`
}

// A LaneCheck is what a lane holds.
type LaneCheck struct {
	Name      string    `json:"name"`
	Pending   int64     `json:"pending"`
	Oldest    time.Time `json:"oldest,omitzero"` // of what is pending
	Delivered int64     `json:"delivered"`
	Failed    int64     `json:"failed"`
	Skipped   int64     `json:"skipped"`
	Stopped   bool      `json:"stopped"`
}

// CheckDir checks a data directory in which no line is open: whoever calls it has
// locked it. It reads all that is stored.
func CheckDir(dir string, o Options) (Check, error) {
	o = o.withDefaults()
	files := o.FS
	if files == nil {
		files = vfs.Default
	}
	var c Check
	if err := c.surroundings(files, dir, o); err != nil {
		return c, err
	}
	version, err := checkFormat(files, dir)
	switch {
	case errors.Is(err, queue.ErrNewerFormat):
		return c, err
	case err != nil:
		c.find("format", "%v", err)
	}
	c.Format = version
	for _, name := range []string{newName, rebuiltName} {
		if _, err := files.Stat(files.PathJoin(dir, name)); err == nil {
			c.find(name, "is what a repair left that was cut off; the next start or --repair sees to it")
		}
	}
	within := files.PathJoin(dir, lineName)
	if _, err := files.Stat(within); errors.Is(err, fs.ErrNotExist) {
		if version > 0 {
			c.find(lineName, "is missing")
		}
		return c, nil
	}
	return c, c.line(files, within)
}

func (c *Check) find(file, what string, args ...any) {
	c.Findings = append(c.Findings, Finding{file, fmt.Sprintf(what, args...)})
}

// surroundings are what is beside the line.
func (c *Check) surroundings(files vfs.FS, dir string, o Options) (err error) {
	if c.Quarantine, err = quarantined(files, dir); err != nil {
		return err
	}
	if info, err := files.Stat(files.PathJoin(dir, reserveName)); err == nil {
		c.Reserve = info.Size()
	}
	if o.Free == nil {
		return nil
	}
	var total int64
	if c.Free, total, err = o.Free(dir); err != nil {
		return fmt.Errorf("ask the file system of %s: %w", dir, err)
	}
	c.Floor = min(total/20, maxFloor)
	if c.Free < c.Floor {
		c.find(".", "%d bytes are free, the floor is %d: no events are accepted", c.Free, c.Floor)
	}
	return c.permissions(dir)
}

// permissions finds what others could read or change, and what we could not.
func (c *Check) permissions(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err != nil {
			c.find(name, "can't be looked at: %v", err)
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has gone meanwhile
		}
		if err != nil {
			return err
		}
		switch mode := info.Mode(); {
		case mode&fs.ModeSymlink != 0 && name != ".":
			c.find(name, "is a symbolic link")
		case mode.IsRegular() && filepath.Dir(name) == "." && name != "lock" && name != "format" && name != reserveName && mode&0o077 != 0,
			name == "." && mode&0o022 != 0, name == lineName && mode&0o077 != 0:
			c.find(name, "is open to others: mode %#o", mode.Perm())
		}
		if name == "." || name == lineName {
			if err := unix.Access(path, unix.W_OK|unix.X_OK); err != nil {
				c.find(name, "can't be written to: %v", err)
			}
		}
		if e.IsDir() && name != "." {
			return fs.SkipDir
		}
		return nil
	})
}

// line reads all that is stored.
func (c *Check) line(files vfs.FS, within string) error {
	r, err := openRemnant(files, within)
	if err != nil {
		return err
	}
	t := &tally{c: c, lanes: map[uint32]*LaneCheck{}}
	err = r.each(t.take)
	c.Tables, c.Blocks, c.BadBlocks = len(r.tables), r.blocks, r.badBlocks
	c.Findings = append(c.Findings, r.findings...)
	if c.Unreadable > 0 {
		c.find(lineName, "%d records are unreadable", c.Unreadable)
	}
	if err == nil {
		c.Bytes, err = filesSize(files, within)
	}
	for _, num := range slices.Sorted(maps.Keys(t.lanes)) {
		c.Lanes = append(c.Lanes, *t.lanes[num])
	}
	slices.SortFunc(c.Lanes, func(a, b LaneCheck) int { return strings.Compare(a.Name, b.Name) })
	return err
}

// A tally counts what is read.
type tally struct {
	c     *Check
	lanes map[uint32]*LaneCheck
}

func (t *tally) lane(num uint32) *LaneCheck {
	if t.lanes[num] == nil {
		t.lanes[num] = &LaneCheck{Name: unreadableName(num)}
	}
	return t.lanes[num]
}

func (t *tally) take(key, value []byte) error {
	var err error
	switch key[0] {
	case inEvents:
		t.c.Events++
		_, err = decodeEvent(key, value)
	case inDeliveries:
		var h head
		if h, err = decodeHead(key, value); err == nil {
			t.delivery(&h)
		}
	case inLanes, inNames:
		var l laneRecord
		if l, err = decodeLane(key, value); err == nil {
			if num, ok := parseLane(key); ok {
				lane := t.lane(num)
				lane.Name, lane.Stopped = l.name, l.since != 0
			}
		}
	case inSaid, inBodies, inIDs, inKeys, inMark, inTurns:
		_, err = open(key, value)
	case inAside:
		t.c.Aside++
	}
	if err != nil {
		t.c.Unreadable++
	}
	return nil
}

func (t *tally) delivery(h *head) {
	if h.in() == nobody {
		return
	}
	lane := t.lane(h.in())
	switch h.state {
	case pending:
		lane.Pending++
		if lane.Oldest.IsZero() || h.created.Before(lane.Oldest) {
			lane.Oldest = h.created
		}
	case delivered:
		lane.Delivered++
	case failed:
		lane.Failed++
	case skipped:
		lane.Skipped++
	}
}

// Check checks a line that is open: what is stored is read from a snapshot
// of its files, which costs no copies.
func (k *Keeper) Check() (Check, error) {
	var c Check
	if err := c.surroundings(k.site.files, k.site.dir, k.o); err != nil {
		return c, err
	}
	c.Format = formatVersion
	if t := k.Trouble(); t != nil {
		c.find(".", "the storage fails: %v", t.Cause)
		return c, nil
	}
	err := k.snapshot(checking, func(files vfs.FS, within string) error { return c.line(files, within) })
	return c, err
}
