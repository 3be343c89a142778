package underway

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/posternhq/postern/internal/durable"
)

const (
	memory  = 30 * 24 * time.Hour // of a crash
	mostIDs = 20_000              // on record; further jobs are not
	step    = 64                  // records by which the file grows: a page of most systems
)

// Jobs are those of one process. A nil *Jobs keeps no record.
type Jobs struct {
	file    *os.File
	records records

	mu       sync.Mutex
	room     int   // for records in the file, the header included
	slots    int   // of it that were used
	vacant   []int // of them
	suspects map[string]place
	found    int
}

// A place is where a job stands in the file, and how often it crashed.
type place struct {
	slot    int
	crashes byte
}

// Open reads the record that an earlier process left at path, and goes on with
// it. The directory belongs to this process alone.
func Open(path string, now time.Time) (*Jobs, error) { return open(path, now, best) }

func open(path string, now time.Time, keep keeper) (*Jobs, error) {
	left, err := read(path)
	if err != nil {
		return nil, err
	}
	j := &Jobs{suspects: make(map[string]place), slots: 1}
	content := bytes.NewBuffer(make([]byte, 0, recordSize*(len(left)+1)))
	content.WriteString(header)
	content.Write(make([]byte, recordSize-len(header)))
	for _, r := range left {
		if r.state == active {
			r.state, r.crashes, r.at = suspect, min(r.crashes, 254)+1, now.Unix()
			j.found++
		}
		if _, twice := j.suspects[r.id]; twice || now.Sub(time.Unix(r.at, 0)) > memory {
			continue
		}
		j.suspects[r.id] = place{j.slots, r.crashes}
		j.slots++
		b := make([]byte, recordSize)
		r.write(b)
		content.Write(b)
	}
	j.room = (j.slots + step - 1) / step * step
	content.Write(make([]byte, (j.room-j.slots)*recordSize))
	if err := durable.WriteFile(path, content.Bytes(), 0o600); err != nil {
		return nil, err
	}
	if j.file, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return nil, err
	}
	j.records = keep(j.file, max(j.room, mostIDs+step))
	return j, nil
}

// read is what a file tells; a file that can't be read as one is set aside.
func read(path string) (left []record, err error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(raw, []byte(header)) {
		return nil, os.Rename(path, path+".unreadable")
	}
	for at := recordSize; at+recordSize <= len(raw); at += recordSize {
		if r, ok := decode(raw[at:]); ok {
			left = append(left, r)
		}
	}
	return left, nil
}

// Found is how many jobs were under way when the process before ended.
func (j *Jobs) Found() int {
	if j == nil {
		return 0
	}
	return j.found
}

// Crashes is how many times in a row the process ended while it did this job.
func (j *Jobs) Crashes(id string) int {
	if j == nil {
		return 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return int(j.suspects[id].crashes)
}

// Begin puts a job on record until it ends. With an error it is not, or perhaps
// not, and may be done all the same.
func (j *Jobs) Begin(id string) (Job, error) {
	if j == nil {
		return Job{}, nil
	}
	if len(id) == 0 || len(id) > longestID {
		return Job{}, fmt.Errorf("an id of %d bytes can't be on record", len(id))
	}
	p, err := j.claim(id)
	if err != nil {
		return Job{}, err
	}
	return Job{j, p.slot}, j.records.put(p.slot, record{active, p.crashes, id, 0})
}

// claim finds a place for a job: its own, one that is vacant, or a new one.
func (j *Jobs) claim(id string) (p place, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if p, known := j.suspects[id]; known {
		delete(j.suspects, id)
		return p, nil
	}
	if last := len(j.vacant) - 1; last >= 0 {
		p.slot = j.vacant[last]
		j.vacant = j.vacant[:last]
		return p, nil
	}
	if j.slots > mostIDs {
		return p, fmt.Errorf("%d jobs are on record; there is no room for another", mostIDs)
	}
	if err := j.makeRoom(); err != nil {
		return p, err
	}
	p.slot = j.slots
	j.slots++
	return p, nil
}

// makeRoom makes the file longer where it is used up. What makes it longer is
// written, so that the disk has room for it before anything is stored there. The
// caller holds mu.
func (j *Jobs) makeRoom() error {
	if j.slots < j.room {
		return nil
	}
	if _, err := j.file.WriteAt(make([]byte, step*recordSize), int64(j.room)*recordSize); err != nil {
		return err
	}
	j.room += step
	return nil
}

// Forget clears a job of its crashes.
func (j *Jobs) Forget(id string) error {
	job, err := j.Begin(id)
	return errors.Join(err, job.End())
}

// Close gives up the file. No job may be under way.
func (j *Jobs) Close() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.records.Close(), j.file.Close())
}

// A Job is one on record. The zero Job is on none.
type Job struct {
	jobs *Jobs
	slot int
}

// End takes it from the record.
func (o Job) End() error {
	if o.jobs == nil {
		return nil
	}
	err := o.jobs.records.clear(o.slot)
	o.jobs.mu.Lock()
	defer o.jobs.mu.Unlock()
	o.jobs.vacant = append(o.jobs.vacant, o.slot)
	return err
}
