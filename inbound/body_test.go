package inbound

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/posternhq/postern/internal/door"
)

func prepared(o Options) *Server {
	s := &Server{Options: o}
	s.prepare()
	return s
}

func TestBodyIsReadWhole(t *testing.T) {
	s := prepared(Options{})
	for _, n := range []int{0, 1, firstBytes - 1, firstBytes, firstBytes + 1, freeBytes, freeBytes + 1, 3 * freeBytes, 1 << 20} {
		want := bytes.Repeat([]byte("["), n)
		for name, q := range map[string]struct {
			body     io.Reader
			declared int
		}{
			"declared":           {bytes.NewReader(want), n},
			"chunked":            {bytes.NewReader(want), -1},
			"in two parts":       {iotest.HalfReader(bytes.NewReader(want)), n},
			"end told with data": {iotest.DataErrReader(bytes.NewReader(want)), -1},
		} {
			got, taken, p := s.readBody(q.body, int64(q.declared), either)
			if p != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %s: %d came, %v", n, name, len(got), p)
			}
			s.room.Release(taken)
		}
	}
	if !s.room.TryAcquire(roomForBodies) {
		t.Error("not all room was given back")
	}
}

func TestRoomForBodiesIsBounded(t *testing.T) {
	s := prepared(Options{Patience: time.Millisecond})
	batch := "[" + strings.Repeat(" ", maxBatchBytes-1)
	var held int64
	n := 0
	for {
		_, taken, p := s.readBody(strings.NewReader(batch), int64(len(batch)), either)
		held += taken
		if p != nil {
			if p.Reason != reasonBusy || p.Status != http.StatusTooManyRequests {
				t.Errorf("%+v", p)
			}
			break
		}
		n++
	}
	if n != 4 {
		t.Errorf("%d batches of 16 MiB were held at once, want 4", n)
	}
	small := withData("{}")
	if _, _, p := s.readBody(strings.NewReader(small), int64(len(small)), either); p != nil {
		t.Errorf("a small event beside them: %+v", p)
	}
	s.room.Release(held)
	if _, _, p := s.readBody(strings.NewReader(batch), int64(len(batch)), either); p != nil {
		t.Errorf("after they are done: %+v", p)
	}
}

// TestWhoAnnouncesMuchHoldsLittle: room is taken for what has come, not for what
// is declared.
func TestWhoAnnouncesMuchHoldsLittle(t *testing.T) {
	s := prepared(Options{})
	_, taken, p := s.readBody(strings.NewReader("["), maxBatchBytes, either)
	if p != nil || taken != 0 { // this reader ends early without an error
		t.Errorf("%d bytes taken, %+v", taken, p)
	}
}

// TestBatchIsToldByItsStart, of which each read looks at little.
func TestBatchIsToldByItsStart(t *testing.T) {
	s := prepared(Options{})
	for space, status := range map[int]int{0: 0, spaceAround: 0, spaceAround + 1: 413, maxEventBytes: 413} {
		body := strings.Repeat(" ", space) + "[" + strings.Repeat(" ", 2*maxEventBytes-space)
		_, taken, p := s.readBody(strings.NewReader(body), int64(len(body)), either)
		s.room.Release(taken)
		if p == nil {
			p = new(door.Problem)
		}
		if p.Status != status {
			t.Errorf("behind %d spaces: %d, want %d", space, p.Status, status)
		}
	}
}
