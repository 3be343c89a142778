package embedded

import (
	"bytes"
	"container/heap"
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/batchrepr"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A remnant is all that can be read of a line, whatever is damaged. It reads the
// files themselves, one block of each at a time.
type remnant struct {
	survey
	files  vfs.FS
	within string

	sources []*source
	covers  []cover

	blocks, badBlocks int
	logGaps           int
	badTables         []string
}

// openRemnant looks at all files of the line in a directory.
func openRemnant(files vfs.FS, within string) (r *remnant, err error) {
	r = &remnant{files: files, within: within}
	if r.survey, err = lookOver(files, within); err != nil {
		return nil, err
	}
	for _, n := range r.tables {
		t, err := openTable(files, files.PathJoin(within, n.name))
		if errors.Is(err, errShut) {
			return nil, err
		}
		if err != nil {
			r.damaged("line/"+n.name, "can't be read: %v", err)
			r.badTables = append(r.badTables, n.name)
			continue
		}
		t.smallest, t.largest = n.smallest, n.largest
		for _, part := range t.bad {
			r.damaged("line/"+n.name, "%s is damaged", part)
			r.badTables = append(r.badTables, n.name)
		}
		r.covers = append(r.covers, t.covers...)
		r.sources = append(r.sources, &source{table: t})
	}
	for i, name := range r.logs {
		err := r.openLog(name, i == len(r.logs)-1)
		if errors.Is(err, errShut) {
			return nil, err
		}
		if err != nil {
			r.damaged("line/"+name, "can't be read: %v", err)
		}
	}
	return r, nil
}

// openLog reads a log. Only the last one may end in what can't be read.
func (r *remnant) openLog(name string, last bool) error {
	num, ok := numberOf(name)
	if !ok {
		return errors.New("its name has no number")
	}
	raw, err := readAll(r.files, r.files.PathJoin(r.within, name))
	if err != nil {
		return err
	}
	read := readLog(raw, uint32(num))
	gaps := read.proven
	if read.tail && !last { // it was whole when the next one was begun
		gaps++
		read.records = append(read.records, read.beyond...)
	}
	if gaps > 0 {
		r.logGaps += gaps
		r.damaged("line/"+name, "%d places are damaged", gaps)
	}
	s := &source{}
	for _, record := range read.records {
		r.covers = append(r.covers, s.add(record)...)
	}
	slices.SortStableFunc(s.ready, compareVersions)
	r.sources = append(r.sources, s)
	return nil
}

func compareVersions(a, b version) int {
	if c := bytes.Compare(a.key, b.key); c != 0 {
		return c
	}
	switch {
	case a.seq > b.seq:
		return -1
	case a.seq < b.seq:
		return 1
	}
	return 0
}

// A source is a table, or a log that was read whole.
type source struct {
	table *table
	block int // the next one
	ready []version
	age   int // of two with the same key and seq, the higher one is newer
}

// add takes the changes of a batch, and returns what it removes as ranges.
func (s *source) add(record []byte) (covers []cover) {
	head, ok := batchrepr.ReadHeader(record)
	if !ok {
		return nil
	}
	seq := uint64(head.SeqNum)
	for changes := batchrepr.Read(record); ; {
		kind, key, value, more, err := changes.Next()
		switch {
		case err != nil || !more:
			return covers
		case kind == pebble.InternalKeyKindLogData:
			continue
		case kind == pebble.InternalKeyKindRangeDelete:
			covers = append(covers, cover{key, value, seq})
		default:
			s.ready = append(s.ready, version{key: key, value: value, seq: seq, kind: kind})
		}
		seq++
	}
}

// fill makes sure that the next version is ready; false at the end.
func (r *remnant) fill(s *source) (bool, error) {
	for len(s.ready) == 0 && s.table != nil && s.block < len(s.table.blocks) {
		at := s.table.blocks[s.block]
		s.block++
		r.blocks++
		all, err := s.table.read(at)
		if errors.Is(err, errShut) {
			return false, err
		}
		if err != nil {
			r.badBlocks++
			r.damaged("line/"+s.table.name, "a block of %d bytes at %d is damaged", at.length, at.at)
			if !slices.Contains(r.badTables, s.table.name) {
				r.badTables = append(r.badTables, s.table.name)
			}
			continue
		}
		s.ready = slices.DeleteFunc(all, func(v version) bool { return !s.table.counts(v.key) })
	}
	return len(s.ready) > 0, nil
}

// each calls visit for the newest version of each record, by key, unless it was
// removed.
func (r *remnant) each(visit func(key, value []byte) error) error {
	var q sources
	for i, s := range r.sources {
		s.age = i
		more, err := r.fill(s)
		if err != nil {
			return err
		}
		if more {
			q = append(q, s)
		}
	}
	heap.Init(&q)
	covered := r.sortCovers()
	var last []byte
	for len(q) > 0 {
		s := q[0]
		v := s.ready[0]
		s.ready = s.ready[1:]
		switch more, err := r.fill(s); {
		case err != nil:
			return err
		case more:
			heap.Fix(&q, 0)
		default:
			heap.Pop(&q)
		}
		if last != nil && bytes.Equal(v.key, last) {
			continue
		}
		last = v.key
		switch v.kind {
		case pebble.InternalKeyKindSet, pebble.InternalKeyKindSetWithDelete, pebble.InternalKeyKindMerge:
			if covered.hide(v) {
				continue
			}
			if err := visit(v.key, v.value); err != nil {
				return err
			}
		}
	}
	return nil
}

type sources []*source

func (q sources) Len() int { return len(q) }
func (q sources) Less(i, j int) bool {
	if c := compareVersions(q[i].ready[0], q[j].ready[0]); c != 0 {
		return c < 0
	}
	return q[i].age > q[j].age
}
func (q sources) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *sources) Push(x any)   { *q = append(*q, x.(*source)) }
func (q *sources) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// coverage tells what was removed, of keys that rise.
type coverage struct {
	next   []cover // by from
	active []cover
}

func (r *remnant) sortCovers() *coverage {
	slices.SortFunc(r.covers, func(a, b cover) int { return bytes.Compare(a.from, b.from) })
	return &coverage{next: r.covers}
}

func (c *coverage) hide(v version) bool {
	for len(c.next) > 0 && bytes.Compare(c.next[0].from, v.key) <= 0 {
		c.active = append(c.active, c.next[0])
		c.next = c.next[1:]
	}
	c.active = slices.DeleteFunc(c.active, func(a cover) bool { return bytes.Compare(a.to, v.key) <= 0 })
	return slices.ContainsFunc(c.active, func(a cover) bool { return a.seq > v.seq })
}
