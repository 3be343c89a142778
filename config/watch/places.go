package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many symlinks a path may lead through, as in the kernel.
const maxLinks = 40

// places finds the directories in which a change can change what the
// configuration at path and the files of extra hold. They are free of symlinks.
func places(path string, extra []string) map[string]bool {
	found := make(map[string]bool)
	if dir, ok := walk(path, found); ok {
		for _, name := range links(dir) {
			walk(filepath.Join(dir, name), found)
		}
	}
	for _, f := range extra {
		walk(f, found)
	}
	return found
}

// walk follows a path as the kernel does, and notes the directory that it ends
// in, that of each symlink on the way, and the last one there is if the path leads
// to nothing. It tells whether the path leads to a directory, and which.
func walk(path string, found map[string]bool) (string, bool) {
	dir, rest, ok := split(path)
	if !ok {
		return "", false
	}
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			dir = filepath.Dir(dir)
			continue
		}
		next := filepath.Join(dir, name)
		info, err := os.Lstat(next)
		switch {
		case err != nil:
			found[dir] = true
			return "", false
		case info.Mode()&fs.ModeSymlink != 0:
			found[dir] = true
			target, err := os.Readlink(next)
			if links++; err != nil || links > maxLinks {
				return "", false
			}
			if filepath.IsAbs(target) {
				dir = "/"
			}
			rest = append(strings.Split(target, "/"), rest...)
		case info.IsDir():
			dir = next
		default:
			found[dir] = true
			return "", false
		}
	}
	found[dir] = true
	return dir, true
}

// split cuts a path at its slashes, without the cleaning that would take
// "link/.." for nothing.
func split(path string) (dir string, rest []string, ok bool) {
	if !filepath.IsAbs(path) {
		wd, err := os.Getwd()
		if err != nil {
			return "", nil, false
		}
		path = wd + "/" + path
	}
	return "/", strings.Split(path, "/"), true
}

// links are the symlinks in a directory that pose as configuration files.
func links(dir string) []string {
	d, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer d.Close()
	entries, _ := d.ReadDir(-1) // what was read will do: the poll looks again
	var names []string
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink != 0 && strings.HasSuffix(e.Name(), ".hcl") {
			names = append(names, e.Name())
		}
	}
	return names
}
