package watch

import (
	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// replaced finds files that are mounted by themselves, into a container say, and
// were replaced outside by rename: the mount keeps showing the old file, which
// has no name any more, and no change ever arrives.
type replaced struct {
	log  *zap.Logger
	told map[string]bool // path → warned
}

func (r *replaced) check(files []string) {
	for _, path := range files {
		var s unix.Stat_t
		if r.told[path] || unix.Stat(path, &s) != nil || s.Nlink != 0 {
			continue
		}
		if r.told == nil {
			r.told = make(map[string]bool)
		}
		r.told[path] = true
		r.log.Warn("this file was replaced outside of its mount, and what is seen here is the old one for ever",
			zap.String("file", path), zap.String("advice", "mount the directory that it is in, not the file, and restart"))
	}
}
