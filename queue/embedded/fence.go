package embedded

import (
	"io"
	"io/fs"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A fence stands between Pebble and the files. Where Pebble can't write its log or
// its manifest it panics, with locks held that it then gives back twice, or in a
// goroutine of its own: nothing that a process survives. So it never hears of a
// failed write. The first one breaks the store, and what is written from then on
// is thrown away: nothing more gets to the files, Pebble comes to rest and can be
// closed, and apply sees that the store is broken before it says that anything is
// on disk.
type fence struct {
	vfs.FS
	store *store
}

func (f *fence) up() bool { return f.store.failure() != nil }

// change makes a change, unless the fence is up.
func (f *fence) change(make func() error) error {
	if !f.up() {
		f.judge(make())
	}
	return nil
}

func (f *fence) judge(err error) {
	if err != nil {
		_ = f.store.breakDown(err)
	}
}

// file opens a file for writing, or one that throws away what is written.
func (f *fence) file(category vfs.DiskWriteCategory, open func() (vfs.File, error)) (vfs.File, error) {
	if f.up() {
		return void{}, nil
	}
	file, err := open()
	switch {
	case err == nil:
		return &fencedFile{file, f, spared(category)}, nil
	case spared(category):
		time.Sleep(damageNap)
		return nil, err
	}
	f.judge(err)
	return void{}, nil
}

// spared tells what may fail and leave the store whole: Pebble drops a compaction
// that fails, and tries it again at once and for ever, so it is slowed down.
func spared(c vfs.DiskWriteCategory) bool {
	return c == "pebble-compaction" || c == "pebble-blob-file-rewrite"
}

func (f *fence) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.file(c, func() (vfs.File, error) { return f.FS.Create(name, c) })
}

func (f *fence) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return f.file(c, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, c, o...) })
}

func (f *fence) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.file(c, func() (vfs.File, error) { return f.FS.ReuseForWrite(old, name, c) })
}

func (f *fence) OpenDir(name string) (vfs.File, error) {
	d, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &fencedFile{d, f, false}, nil
}

func (f *fence) Link(old, name string) error {
	return f.change(func() error { return f.FS.Link(old, name) })
}

func (f *fence) Rename(old, name string) error {
	return f.change(func() error { return f.FS.Rename(old, name) })
}

func (f *fence) MkdirAll(dir string, perm fs.FileMode) error {
	return f.change(func() error { return f.FS.MkdirAll(dir, perm) })
}

// Remove may fail: the next opening removes what is left over.
func (f *fence) Remove(name string) error {
	if f.up() {
		return nil
	}
	return f.FS.Remove(name)
}

func (f *fence) RemoveAll(name string) error {
	if f.up() {
		return nil
	}
	return f.FS.RemoveAll(name)
}

// Lock is that of the whole data directory, which is held.
func (f *fence) Lock(string) (io.Closer, error) { return noLock{}, nil }

func (f *fence) Unwrap() vfs.FS { return f.FS }

type noLock struct{}

func (noLock) Close() error { return nil }

// A fencedFile is open for writing.
type fencedFile struct {
	vfs.File
	fence  *fence
	spared bool
}

func (f *fencedFile) change(make func() error) error {
	if !f.spared || f.fence.up() {
		return f.fence.change(make)
	}
	err := make()
	if err != nil {
		time.Sleep(damageNap)
	}
	return err
}

func (f *fencedFile) Write(p []byte) (int, error) {
	return f.written(p, func() error {
		_, err := f.File.Write(p)
		return err
	})
}

func (f *fencedFile) WriteAt(p []byte, at int64) (int, error) {
	return f.written(p, func() error {
		_, err := f.File.WriteAt(p, at)
		return err
	})
}

func (f *fencedFile) written(p []byte, write func() error) (int, error) {
	if err := f.change(write); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *fencedFile) Sync() error { return f.change(f.File.Sync) }

func (f *fencedFile) SyncData() error { return f.change(f.File.SyncData) }

func (f *fencedFile) SyncTo(length int64) (full bool, err error) {
	err = f.change(func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

// Stat is asked for the size of a log that is written over.
func (f *fencedFile) Stat() (info vfs.FileInfo, err error) {
	info = voidInfo{}
	err = f.change(func() error {
		found, err := f.File.Stat()
		if err == nil {
			info = found
		}
		return err
	})
	return info, err
}

// Preallocate is a favour that Pebble does without.
func (f *fencedFile) Preallocate(at, length int64) error {
	if f.fence.up() {
		return nil
	}
	return f.File.Preallocate(at, length)
}

// Close closes the file also when the fence is up.
func (f *fencedFile) Close() error {
	err := f.File.Close()
	return f.change(func() error { return err })
}

// A void is a file that nothing gets into.
type void struct{}

func (void) Write(p []byte) (int, error)            { return len(p), nil }
func (void) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (void) Read([]byte) (int, error)               { return 0, io.EOF }
func (void) ReadAt([]byte, int64) (int, error)      { return 0, io.EOF }
func (void) Preallocate(int64, int64) error         { return nil }
func (void) Prefetch(int64, int64) error            { return nil }
func (void) Stat() (vfs.FileInfo, error)            { return voidInfo{}, nil }
func (void) Sync() error                            { return nil }
func (void) SyncData() error                        { return nil }
func (void) SyncTo(int64) (bool, error)             { return true, nil }
func (void) Fd() uintptr                            { return vfs.InvalidFd }
func (void) Close() error                           { return nil }

type voidInfo struct{}

func (voidInfo) Name() string           { return "" }
func (voidInfo) Size() int64            { return 0 }
func (voidInfo) Mode() fs.FileMode      { return 0o600 }
func (voidInfo) ModTime() time.Time     { return time.Time{} }
func (voidInfo) IsDir() bool            { return false }
func (voidInfo) Sys() any               { return nil }
func (voidInfo) DeviceID() vfs.DeviceID { return vfs.DeviceID{} }
