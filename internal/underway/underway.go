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
)

// Jobs are those of one process. A nil *Jobs keeps no record.
type Jobs struct {
	file *os.File

	mu       sync.Mutex
	slots    int   // records in the file, the header included
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
func Open(path string, now time.Time) (*Jobs, error) {
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
		content.Write(r.encode())
	}
	if err := durable.WriteFile(path, content.Bytes(), 0o600); err != nil {
		return nil, err
	}
	j.file, err = os.OpenFile(path, os.O_WRONLY, 0)
	return j, err
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
	p, ok := j.claim(id)
	if !ok {
		return Job{}, fmt.Errorf("%d jobs are on record; there is no room for another", mostIDs)
	}
	_, err := j.file.WriteAt(record{active, p.crashes, id, 0}.encode(), int64(p.slot)*recordSize)
	return Job{j, p.slot}, err
}

// claim finds a place for a job: its own, one that is vacant, or a new one.
func (j *Jobs) claim(id string) (p place, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if p, known := j.suspects[id]; known {
		delete(j.suspects, id)
		return p, true
	}
	if last := len(j.vacant) - 1; last >= 0 {
		p.slot = j.vacant[last]
		j.vacant = j.vacant[:last]
		return p, true
	}
	if j.slots > mostIDs {
		return p, false
	}
	p.slot = j.slots
	j.slots++
	return p, true
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
	return j.file.Close()
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
	_, err := o.jobs.file.WriteAt([]byte{free}, int64(o.slot)*recordSize)
	o.jobs.mu.Lock()
	defer o.jobs.mu.Unlock()
	o.jobs.vacant = append(o.jobs.vacant, o.slot)
	return err
}
