package logline

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// fill writes to a pipe until it takes no more.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	full := func() bool { return true }
	for to := newSink(w); ; {
		if _, err := to(bytes.Repeat([]byte("x"), maxPiece), full); errors.Is(err, errEnough) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFarewellThatNobodyTakesIsGivenUp(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	fill(t, w)
	if err := Farewell(w, []byte("goodbye\n")); !errors.Is(err, errEnough) {
		t.Errorf("it ended with %v", err)
	}
}

func TestAFarewellArrivesWhole(t *testing.T) {
	want := strings.Repeat("a line of a long farewell\n", 10_000) + strings.Repeat("z", 3*maxPiece)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := make(chan string)
	go func() {
		all, _ := io.ReadAll(r)
		got <- string(all)
	}()
	if err := Farewell(w, []byte(want)); err != nil {
		t.Error(err)
	}
	w.Close()
	if all := <-got; all != want {
		t.Errorf("%d bytes arrived, want %d", len(all), len(want))
	}

	var b bytes.Buffer
	if err := Farewell(&b, []byte(want)); err != nil || b.String() != want {
		t.Errorf("a buffer got %d bytes, %v", b.Len(), err)
	}
}
