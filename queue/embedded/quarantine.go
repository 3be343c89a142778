package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// What is damaged is never removed: it is moved to a directory of its own, for
// somebody to look at, and to remove.
const (
	quarantineName = "quarantine"

	// mostOldLines is how many lines are kept there before a running agent sets no
	// more aside by itself: each takes as much room as the line had.
	mostOldLines = 3

	reportSuffix = ".json" // what could not be read of the line beside it
)

// quarantined lists what was set aside in a data directory.
func quarantined(files vfs.FS, dir string) (names []string, err error) {
	names, err = files.List(files.PathJoin(dir, quarantineName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	slices.Sort(names)
	return names, err
}

// setFileAside moves a file or directory of the data directory to the quarantine,
// and returns its new name below the data directory.
func setFileAside(files vfs.FS, dir, name string, now time.Time) (kept string, err error) {
	to := files.PathJoin(dir, quarantineName)
	if err := makeDir(files, to); err != nil {
		return "", err
	}
	there, err := files.List(to)
	if err != nil {
		return "", err
	}
	kept = freeName(there, files.PathBase(name)+"-"+now.UTC().Format("20060102T150405Z"))
	if err := files.Rename(files.PathJoin(dir, name), files.PathJoin(to, kept)); err != nil {
		return "", err
	}
	if err := errors.Join(syncDir(files, to), syncDir(files, files.PathDir(files.PathJoin(dir, name)))); err != nil {
		return "", err
	}
	return quarantineName + "/" + kept, nil
}

func freeName(there []string, want string) string {
	taken := map[string]bool{}
	for _, n := range there {
		taken[n] = true
	}
	name := want
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", want, i)
	}
	return name
}

func reports(names []string) (n int) {
	for _, name := range names {
		if strings.HasSuffix(name, reportSuffix) {
			n++
		}
	}
	return n
}

func oldLines(names []string) (n int) {
	for _, name := range names {
		if strings.HasPrefix(name, lineName+"-") && !strings.HasSuffix(name, reportSuffix) {
			n++
		}
	}
	return n
}
