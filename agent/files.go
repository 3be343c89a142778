package agent

import (
	"math"
	"syscall"
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
