package embedded

import "github.com/cockroachdb/pebble/v2"

// tune fits Pebble to a line: much is written in order of time, little of it is
// read back, and memory is dear. docs/performance.md has the figures.
func tune(o *pebble.Options) {
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

}
