package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/posternhq/postern/agent"
	"github.com/posternhq/postern/outbound"
)

type demoVerb struct {
	Events int           `help:"End by itself once so many events have reached all that they are for. Default: go on until Ctrl-C." env:"POSTERN_DEMO_EVENTS" placeholder:"N"`
	Every  time.Duration `help:"Time between events (${default})." default:"1s" env:"POSTERN_DEMO_EVERY" placeholder:"DURATION"`
}

// Validate is called by kong once the flags are read.
func (v *demoVerb) Validate() error {
	if v.Events < 0 || v.Every <= 0 {
		return errors.New("--events can't be negative, and --every is above zero")
	}
	return nil
}

// demoConsole is the console's own default, taken if it is free.
const demoConsole = "127.0.0.1:7481"

func (v *demoVerb) Run(s *session) (err error) {
	// Neither a closed terminal nor `postern demo | head` may leave the directory.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := untilSignal(s.ctx, s.hangups)
	defer stop()
	dir, err := os.MkdirTemp("", "postern-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() {
		if gone := os.RemoveAll(dir); err == nil && gone != nil {
			err = fmt.Errorf("demo: %w", gone)
		}
	}()

	receiver, err := newDemoReceiver()
	if err != nil {
		return err
	}
	defer receiver.close()
	settings, err := receiver.settings(dir)
	if err != nil {
		return err
	}
	path, err := settings.write()
	if err != nil {
		return err
	}
	return v.play(ctx, s, receiver, path)
}

// play runs receiver, agent and app until ctx or the story ends.
func (v *demoVerb) play(ctx context.Context, s *session, receiver *demoReceiver, path string) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	logs, closeLogs := openLogs(s, "error", "")
	defer closeLogs()
	ready := make(chan agent.Addresses, 1)
	reports := make(chan outbound.Report, 256)

	var parts errgroup.Group
	parts.Go(receiver.serve)
	parts.Go(func() error {
		defer end()
		defer receiver.close()
		return agent.Run(ctx, agent.Options{
			Config: path, Version: version(), Logs: logs,
			Ready: func(at agent.Addresses) { ready <- at },
			Ended: func(r outbound.Report) {
				select {
				case reports <- r:
				case <-ctx.Done():
				}
			},
		})
	})
	parts.Go(func() error {
		defer end()
		select {
		case at := <-ready:
			app := newDemoApp(v, s.out, at)
			app.greet(path)
			return app.run(ctx, reports)
		case <-ctx.Done():
			return nil
		}
	})
	return parts.Wait()
}

// freeAddress is a loopback address that nobody listens on: wanted, or else one
// that the system gives.
func freeAddress(wanted string) (string, error) {
	l, err := net.Listen("tcp", wanted)
	if err != nil {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return "", fmt.Errorf("demo: %w", err)
		}
	}
	address := l.Addr().String()
	return address, l.Close()
}
