//go:build linux || darwin || freebsd

package underway

import (
	"errors"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// A mapping is memory that is the file's own, in the page cache: what is stored
// in it outlives the process as what is written does. It begins where the file
// does and is longer; nothing is stored behind the file's end.
type mapping struct{ bytes []byte }

func mapped(f *os.File, most int) (records, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, most*recordSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return &mapping{b}, nil
}

func (m *mapping) put(slot int, r record) (err error) {
	defer contain(debug.SetPanicOnFault(true), &err)
	r.write(m.at(slot))
	return nil
}

func (m *mapping) clear(slot int) (err error) {
	defer contain(debug.SetPanicOnFault(true), &err)
	m.at(slot)[0] = free
	return nil
}

func (m *mapping) at(slot int) []byte { return m.bytes[slot*recordSize:][:recordSize] }

func (m *mapping) Close() error {
	b := m.bytes
	m.bytes = nil
	return unix.Munmap(b)
}

var errFault = errors.New("the system did not give the page of the file: the disk fails or is full, or the file was cut short")

// contain makes an error of a fault of memory. before is what was to happen at one.
func contain(before bool, err *error) {
	debug.SetPanicOnFault(before)
	switch r := recover(); r.(type) {
	case nil:
	case interface{ Addr() uintptr }:
		*err = errFault
	default:
		panic(r)
	}
}
