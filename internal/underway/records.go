package underway

import "os"

// Records are where those of jobs are kept, by their places in the file.
type records interface {
	put(slot int, r record) error
	clear(slot int) error // makes it free
	Close() error
}

// A keeper keeps records of a file, which has at most so many.
type keeper func(f *os.File, most int) records

// best keeps them in memory, and writes them where there is none to be had: not
// each system, nor each file system, maps files.
func best(f *os.File, most int) records {
	if m, err := mapped(f, most); err == nil {
		return m
	}
	return written(f, most)
}

// A scribe writes each record into the file.
type scribe struct{ file *os.File }

func written(f *os.File, _ int) records { return scribe{f} }

func (s scribe) put(slot int, r record) error {
	b := make([]byte, recordSize)
	r.write(b)
	_, err := s.file.WriteAt(b, int64(slot)*recordSize)
	return err
}

func (s scribe) clear(slot int) error {
	_, err := s.file.WriteAt([]byte{free}, int64(slot)*recordSize)
	return err
}

func (s scribe) Close() error { return nil }
