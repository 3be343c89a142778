package agent

import (
	"math"
	"syscall"

	"github.com/posternhq/postern/internal/door"
)

// mostFiles is how many files this process may have open at once; 0: it is not told,
// or there is no end to it.
func mostFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > math.MaxInt32 {
		return 0
	}
	return int(limit.Cur)
}

// ownFiles are those that nothing can be had without: the log, the listeners, the
// locks and logs of the storage, what watches the configuration, and a few to read it.
const ownFiles = 32

// sharedFiles is how many files of so many there are to share between what goes out,
// the doors and the tables of the storage; 0: any number.
func sharedFiles(most int) int {
	if most == 0 {
		return 0
	}
	return max(most-ownFiles, most/4, 1)
}

const (
	tablesPart = 8 // of what is shared; what goes out has up to five eighths
	mostTables = 256
	doorsPart  = 4
	fewest     = 4 // connections of a door
)

// tables may be open at once: an eighth, and no more than are of use.
func tables(shared int) int {
	if shared == 0 {
		return mostTables
	}
	return min(max(shared/tablesPart, 1), mostTables)
}

// connections that each of so many doors may hold: together a quarter.
func connections(shared, doors int) int {
	if shared == 0 {
		return door.Connections
	}
	return min(max(shared/doorsPart/max(doors, 1), fewest), door.Connections)
}
