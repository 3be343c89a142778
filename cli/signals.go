package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// untilSignal is ctx until SIGINT or SIGTERM, or a hang-up if they are given. A
// second of the former ends the process at once, with status 1. stop gives the
// signals back.
func untilSignal(parent context.Context, hangups <-chan os.Signal) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	var listening sync.WaitGroup
	listening.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-signals:
				if n > 0 {
					os.Exit(exitNegative)
				}
				cancel()
			case <-hangups:
				cancel()
			case <-done:
				return
			}
		}
	})
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		listening.Wait()
		cancel()
	}
}

// reloads passes hang-ups on until stop is called. Several in a row are one wish.
func reloads(hangups <-chan os.Signal) (wishes <-chan struct{}, stop func()) {
	out := make(chan struct{}, 1)
	done := make(chan struct{})
	var passing sync.WaitGroup
	passing.Go(func() {
		for {
			select {
			case <-hangups:
				select {
				case out <- struct{}{}:
				default:
				}
			case <-done:
				return
			}
		}
	})
	return out, func() {
		close(done)
		passing.Wait()
	}
}
