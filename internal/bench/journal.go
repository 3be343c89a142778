package main

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"sync"
)

// A journal is the yardstick's promise: a file that grows, with a group commit.
// What waits while one write is synced goes with the next; nobody waits for a
// timer.
type journal struct {
	file *os.File
	wake chan struct{}
	mu   sync.Mutex
	next *group // that gathers now
}

// A group is written and synced together.
type group struct {
	text []byte
	done chan struct{}
	err  error
}

func newGroup() *group { return &group{done: make(chan struct{})} }

func openJournal(path string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &journal{file: f, wake: make(chan struct{}, 1), next: newGroup()}, nil
}

const (
	kept = 'k' // an event
	done = 'd' // it was delivered
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord writes kind, number, length, checksum and body.
func appendRecord(to []byte, kind byte, n uint64, body []byte) []byte {
	to = append(to, kind)
	to = binary.LittleEndian.AppendUint64(to, n)
	to = binary.LittleEndian.AppendUint32(to, uint32(len(body)))
	to = binary.LittleEndian.AppendUint32(to, crc32.Checksum(body, castagnoli))
	return append(to, body...)
}

// keep returns when an event is on disk.
func (j *journal) keep(n uint64, body []byte) error {
	j.mu.Lock()
	g := j.next
	g.text = appendRecord(g.text, kept, n, body)
	j.mu.Unlock()
	select {
	case j.wake <- struct{}{}:
	default:
	}
	<-g.done
	return g.err
}

// run writes group after group, until the process ends.
func (j *journal) run() {
	for range j.wake {
		j.mu.Lock()
		g := j.next
		j.next = newGroup()
		j.mu.Unlock()
		if _, g.err = j.file.Write(g.text); g.err == nil && len(g.text) > 0 {
			g.err = syncData(j.file)
		}
		close(g.done)
	}
}

// forget notes what was delivered; nobody waits for that to be on disk.
func (j *journal) forget(all []uint64) error {
	var text []byte
	for _, n := range all {
		text = appendRecord(text, done, n, nil)
	}
	_, err := j.file.Write(text) // with O_APPEND whole, beside another
	return err
}
