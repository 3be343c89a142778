package cli

import (
	"os"
	"syscall"
	"testing"
	"time"
)

func TestAHangUpEndsWhoeverTakesIt(t *testing.T) {
	hangups := make(chan os.Signal, 1)
	ctx, stop := untilSignal(t.Context(), hangups)
	defer stop()
	hangups <- syscall.SIGHUP
	select {
	case <-ctx.Done():
	case <-time.After(30 * time.Second):
		t.Error("it goes on")
	}
}
