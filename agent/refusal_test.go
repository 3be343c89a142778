package agent

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/posternhq/postern/inbound"
	"github.com/posternhq/postern/queue"
	"github.com/posternhq/postern/queue/embedded"
)

func TestWhatARefusalSays(t *testing.T) {
	line, err := embedded.OpenKeeper(t.TempDir(), embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := line.Close(); err != nil {
			t.Error(err)
		}
	}()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	unread := fmt.Errorf("%w: read: input/output error", queue.ErrUnavailable)
	for _, c := range []struct {
		name   string
		ctx    context.Context
		err    error
		want   error
		logged int
	}{
		{"who is gone", gone, gone.Err(), inbound.ErrUnavailable, 0},
		{"a full line", t.Context(), queue.ErrFull, inbound.ErrFull, 0},
		{"a record that can't be read", t.Context(), unread, inbound.ErrUnavailable, 1},
	} {
		core, said := observer.New(zap.InfoLevel)
		a := &Agent{log: zap.New(core), line: line}
		if got := a.refusal(c.ctx, c.err); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if said.Len() != c.logged {
			t.Errorf("%s: said %v", c.name, said.All())
		}
	}
}
