package config

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Files is a configuration as read from disk at one moment.
type Files struct {
	Dir   string // that relative paths in it start from
	Files []File // by name
	Hash  string // of names and contents: SHA-256, hex
}

// A File is one of its files.
type File struct {
	Name    string // as shown in diagnostics: the path as given, joined
	Content []byte
}

const (
	maxBytes = 1 << 20 // of all files together
	maxFiles = 10_000

	// While somebody writes, a configuration is read up to readRounds times.
	// A writer that takes longer is waited for by those who watch.
	readRounds = 5
	readPause  = 20 * time.Millisecond
)

// Read reads PATH, a directory of *.hcl (not recursive) or one file, bounded
// and without ever blocking on what is not a regular file. If it changes
// meanwhile it is read again. Errors are diagnostics without a place; then Files
// has a Hash only, of what the errors say.
func Read(ctx context.Context, path string) (Files, Diagnostics) {
	for round := range readRounds {
		if round > 0 && !pause(ctx, readPause) {
			break
		}
		before := lookAt(path)
		files, ds, steady := before.read()
		if steady && before.same(lookAt(path)) {
			return files, ds
		}
	}
	return failed(Diagnostic{
		File:    path,
		Summary: "The configuration keeps changing while it is read.",
		Detail:  "It is read again once it has come to rest. Write files elsewhere and rename them into place to change them at once.",
	})
}

// pause waits, and tells whether ctx let it.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// A look is what a configuration is made of, before any content is read: two
// equal ones mean that nobody changed it in between.
type look struct {
	path  string
	dir   bool
	err   error // there is nothing to read
	files []seen
}

// seen is one file of a look.
type seen struct {
	path string
	id   identity
	err  string
}

// lookAt never opens a file.
func lookAt(path string) look {
	l := look{path: path}
	id, err := identify(path)
	if err != nil {
		l.err = err
		return l
	}
	paths := []string{path}
	if l.dir = id.kind == unix.S_IFDIR; l.dir {
		if paths, l.err = list(path); l.err != nil {
			return l
		}
	}
	for _, p := range paths {
		s := seen{path: p}
		if s.id, err = identify(p); err != nil {
			s.err = err.Error()
		}
		l.files = append(l.files, s)
	}
	return l
}

func (l look) same(m look) bool {
	return l.dir == m.dir && fmt.Sprint(l.err) == fmt.Sprint(m.err) && slices.Equal(l.files, m.files)
}

// list finds the configuration's files in a directory, in lexical order.
func list(dir string) ([]string, error) {
	// O_DIRECTORY: the path may have become a pipe by now, which would block.
	d, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var paths []string
	for {
		names, err := d.Readdirnames(1024)
		for _, name := range names {
			if !ignored(name) {
				paths = append(paths, filepath.Join(dir, name))
			}
		}
		if len(paths) > maxFiles {
			return nil, errTooMany
		}
		if errors.Is(err, io.EOF) {
			slices.Sort(paths)
			return paths, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// ignored tells which names in a directory are not configuration: those of
// other kinds, and what editors leave beside the files they work on.
func ignored(name string) bool {
	return !strings.HasSuffix(name, ".hcl") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#")
}

// read reads what was seen, and tells whether it was still that. All problems
// are reported, in the files' order.
func (l look) read() (files Files, ds Diagnostics, steady bool) {
	if l.err != nil {
		files, ds = failed(complain(l.path, l.err))
		return files, ds, true
	}
	if d, ok := l.oversize(); ok {
		files, ds = failed(d)
		return files, ds, true
	}
	files.Dir, steady = l.path, true
	if !l.dir {
		files.Dir = filepath.Dir(l.path)
	}
	room := int64(maxBytes)
	for _, s := range l.files {
		content, id, err := readRegular(s.path, room)
		if steady = steady && id == s.id; err != nil {
			ds = append(ds, complain(s.path, err))
			continue
		}
		room -= int64(len(content))
		files.Files = append(files.Files, File{Name: s.path, Content: content})
	}
	if len(ds) > 0 {
		files, ds = failed(ds...)
		return files, ds, steady
	}
	files.Hash = hash(files.Files)
	return files, ds, steady
}

// oversize looks at the sizes alone, so that nothing of it is read.
func (l look) oversize() (Diagnostic, bool) {
	var sum int64
	for _, s := range l.files {
		if s.id.kind == unix.S_IFREG {
			sum += s.id.size
		}
	}
	if sum <= maxBytes {
		return Diagnostic{}, false
	}
	largest := slices.MaxFunc(l.files, func(a, b seen) int { return cmp.Compare(a.id.size, b.id.size) })
	return complain(largest.path, tooLarge(maxBytes)), true
}

func hash(files []File) string {
	h := sha256.New()
	for _, f := range files {
		for _, part := range [][]byte{[]byte(filepath.Base(f.Name)), f.Content} {
			_ = binary.Write(h, binary.BigEndian, int64(len(part))) // a hash doesn't fail
			h.Write(part)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// failed is the result when there is no configuration to be had. Its hash lets
// callers tell one failure from another.
func failed(ds ...Diagnostic) (Files, Diagnostics) {
	var told []File
	for _, d := range ds {
		told = append(told, File{Name: d.File, Content: []byte(d.Summary)})
	}
	return Files{Hash: "unreadable-" + hash(told)}, ds
}
