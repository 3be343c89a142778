package embedded

import (
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A smallDisk has room for so many bytes. A file takes what was written to it, from
// its creation until it is removed.
type smallDisk struct {
	vfs.FS
	mu    sync.Mutex
	total int64
	used  int64
	other int64 // taken by others
	files map[string]*int64
}

func newSmallDisk(total int64) *smallDisk {
	return &smallDisk{FS: vfs.NewCrashableMem(), total: total, files: map[string]*int64{}}
}

func (d *smallDisk) free() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(0, d.total-d.used-d.other)
}

// fill has others take all but left bytes; a negative left gives room back.
func (d *smallDisk) fill(left int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.other = d.total - d.used - left
}

func (d *smallDisk) empty() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.other = 0
}

// ask is Options.Free.
func (d *smallDisk) ask(string) (free, total int64, err error) { return d.free(), d.total, nil }

func (d *smallDisk) take(size *int64, n int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.used+d.other+n > d.total {
		return syscall.ENOSPC
	}
	d.used += n
	*size += n
	return nil
}

func (d *smallDisk) forget(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if size := d.files[name]; size != nil {
		d.used -= *size
		delete(d.files, name)
	}
}

func (d *smallDisk) opened(name string, f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	size := new(int64)
	d.files[name] = size
	return &smallFile{f, d, size}, nil
}

func (d *smallDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	d.forget(name)
	f, err := d.FS.Create(name, c)
	return d.opened(name, f, err)
}

// ReuseForWrite makes a new file, as it may.
func (d *smallDisk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.Remove(old); err != nil {
		return nil, err
	}
	return d.Create(name, c)
}

func (d *smallDisk) Remove(name string) error {
	d.forget(name)
	return d.FS.Remove(name)
}

func (d *smallDisk) Rename(old, name string) error {
	d.forget(name)
	d.mu.Lock()
	if size := d.files[old]; size != nil {
		delete(d.files, old)
		d.files[name] = size
	}
	d.mu.Unlock()
	return d.FS.Rename(old, name)
}

type smallFile struct {
	vfs.File
	disk *smallDisk
	size *int64
}

func (f *smallFile) Write(p []byte) (int, error) {
	if err := f.disk.take(f.size, int64(len(p))); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}
