package inbound

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/posternhq/postern/internal/door"
)

const (
	// roomForBodies is what all bodies of a door may take beyond the first
	// freeBytes of each.
	roomForBodies = 64 << 20
	freeBytes     = 64 << 10
	firstBytes    = 4 << 10 // of a body of unknown length

	// around an event there may be so much white space.
	spaceAround = 4 << 10
)

// readBody reads a body whole, of the declared length; negative: none is known.
// Space for it grows with what has come, so who only announces much holds little.
// What it took of the room is to be released.
func (s *Server) readBody(body io.Reader, declared int64, holds extent) (b []byte, taken int64, p *door.Problem) {
	if p := tooLong(declared, nil, holds); p != nil {
		return nil, 0, p
	}
	size := int64(firstBytes)
	if declared >= 0 {
		size = min(declared, freeBytes)
	}
	b = make([]byte, 0, size)
	for int64(len(b)) != declared {
		if len(b) == cap(b) {
			more := beyondFree(grown(cap(b), declared)) - beyondFree(cap(b))
			if !s.makeRoom(more) {
				return nil, taken, busy()
			}
			taken += more
			b = append(make([]byte, 0, grown(cap(b), declared)), b...)
		}
		n, err := body.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if p := tooLong(int64(len(b)), b, holds); p != nil {
			return nil, taken, p
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, taken, broken(err)
		}
	}
	return b, taken, nil
}

// makeRoom waits a little for others to finish.
func (s *Server) makeRoom(n int64) bool {
	if s.room.TryAcquire(n) {
		return true
	}
	patient, cancel := context.WithTimeout(context.Background(), s.patience())
	defer cancel()
	return s.room.Acquire(patient, n) == nil
}

// grown is the next size of a buffer.
func grown(size int, declared int64) int {
	size *= 2
	if declared >= 0 && int64(size) > declared {
		return int(declared)
	}
	return size
}

func beyondFree(size int) int64 { return int64(max(0, size-freeBytes)) }

// tooLong refuses n bytes of which some are known. A batch is told by its first
// byte; it is not searched for behind more white space than may stand there.
func tooLong(n int64, known []byte, holds extent) *door.Problem {
	if n <= maxEventBytes+spaceAround {
		return nil
	}
	start := bytes.TrimLeft(known[:min(len(known), spaceAround+1)], " \t\r\n")
	if holds == several || holds == either && (known == nil || bytes.HasPrefix(start, []byte("["))) {
		if n <= maxBatchBytes {
			return nil
		}
		return tooLarge(fault{}, "a batch", maxBatchBytes)
	}
	return tooLarge(fault{}, "an event", maxEventBytes)
}

// broken answers for a body that could not be read; often nobody is there to
// read the answer.
func broken(err error) *door.Problem {
	p := &door.Problem{
		Status: http.StatusBadRequest,
		Reason: reasonIncomplete,
		Detail: "the body broke off, or its transfer coding is wrong",
		Header: http.Header{"Connection": {"close"}},
	}
	var garbled *notGzip
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.Status, p.Reason, p.Detail = http.StatusRequestTimeout, reasonTimeout, "the body did not come in time"
	case errors.Is(err, errZippedTooLong):
		p.Reason, p.Detail = reasonGzip, "the body is much longer in gzip than without"
	case errors.As(err, &garbled):
		p.Reason, p.Detail = reasonGzip, "Content-Encoding says gzip, and the body is not, or not all of it"
	}
	return p
}
