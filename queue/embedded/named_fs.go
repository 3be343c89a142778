package embedded

import (
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A namedFS has the names of files on disk before Pebble names one of them its
// own. Pebble syncs the file that a marker points to, and its name only together
// with that of the marker: a power cut between the two could leave a marker that
// points nowhere, and with it a line that can't be opened.
type namedFS struct{ vfs.FS }

func (n namedFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasPrefix(n.PathBase(name), "marker.") {
		if err := syncDir(n, n.PathDir(name)); err != nil {
			return nil, err
		}
	}
	return n.FS.Create(name, c)
}
