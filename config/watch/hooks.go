package watch

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/zap"
)

// hooks are the directories that events come from. Without inotify there are none.
type hooks struct {
	open    func() (*fsnotify.Watcher, error)
	log     *zap.Logger
	watcher *fsnotify.Watcher // nil: not to be had so far
	told    bool              // that something can't be watched
}

// set makes dirs the directories that events come from. A directory that was
// removed and made anew gets a new watch: so it is called with every look. It
// tells whether there is one that it had not before.
func (h *hooks) set(dirs map[string]bool) (more bool) {
	more, err := h.try(dirs)
	if err == nil {
		h.told = false
	} else if !h.told {
		h.told = true
		h.log.Warn("some file events can't be had; the poll will find changes of the configuration, later",
			zap.Error(err), zap.String("advice", "see fs.inotify.max_user_instances, fs.inotify.max_user_watches and the limit of open files"))
	}
	return more
}

func (h *hooks) try(dirs map[string]bool) (more bool, err error) {
	if h.watcher == nil {
		open := h.open
		if open == nil {
			open = fsnotify.NewWatcher
		}
		watcher, err := open()
		if err != nil {
			return false, err
		}
		h.watcher = watcher
	}
	// First remove: two names of one directory share a watch.
	before := h.watcher.WatchList()
	for _, dir := range before {
		if !dirs[dir] {
			_ = h.watcher.Remove(dir) // it is gone already if the directory is
		}
	}
	for dir := range dirs {
		failed := h.watcher.Add(dir)
		switch {
		case failed == nil:
			more = more || !slices.Contains(before, dir)
		case err == nil && !errors.Is(failed, fs.ErrNotExist):
			err = &fs.PathError{Op: "watch", Path: dir, Err: failed}
		}
	}
	return more, err
}

// hints never yields without inotify.
func (h *hooks) hints() <-chan fsnotify.Event {
	if h.watcher == nil {
		return nil
	}
	return h.watcher.Events
}

func (h *hooks) troubles() <-chan error {
	if h.watcher == nil {
		return nil
	}
	return h.watcher.Errors
}

// close waits for the watcher's goroutine.
func (h *hooks) close() {
	if h.watcher != nil {
		_ = h.watcher.Close() // nothing is left to do about it
	}
}
