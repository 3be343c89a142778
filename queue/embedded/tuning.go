package embedded

import "github.com/cockroachdb/pebble/v2"

// tune fits Pebble to a line: much is written in order of time, little of it is
// read back, and memory is dear. docs/performance.md has the figures.
func (s *store) tune(o *pebble.Options) {
	// A compaction out of L0 rewrites what it overlaps below: of kinds whose keys come
	// in no order, as ids may, nearly all. With 16 rows in L0 instead of 4 that is done
	// a quarter as often. What is looked up there is found by Bloom filters.
	o.L0CompactionThreshold = 16
	o.L0StopWritesThreshold = 48

	// Tables of one kind are small and many. Few of them overlap, and those that don't
	// cost nothing where they are: merged in a hurry they would be written twice.
	o.L0CompactionFileThreshold = 1000

	// Pebble takes its tables in memory out of the cache's size: 8 MB, as it
	// comes, would leave no cache under load.
	o.MemTableSize = 4 << 20
	o.CacheSize = 12 << 20

	o.Experimental.SpanPolicyFunc = s.span
}

// span has Pebble end a table where a kind of records ends. Most kinds are written in
// the order of their keys, so a table of one kind overlaps no other, and is moved to
// the level where it stays instead of being merged with all that is there. A table of
// all kinds overlaps everything. What is little is not worth several tables.
func (s *store) span(from []byte) (pebble.SpanPolicy, []byte, error) {
	if s.sparing.Load() || len(from) == 0 {
		return pebble.SpanPolicy{}, nil, nil
	}
	return pebble.SpanPolicy{}, []byte{from[0] + 1}, nil
}
