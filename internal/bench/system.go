package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A system is a relay or Postern while it runs.
type system struct {
	address string // of its door
	path    string
	pid     int
	idle    usage // once it was ready
	stop    func() error
}

// start runs a command until it is stopped, once something listens at address.
func start(ctx context.Context, address, path string, command *exec.Cmd) (*system, error) {
	var complaints bytes.Buffer
	command.Stderr = &complaints
	if err := command.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	stop := func() error {
		_ = command.Process.Signal(os.Interrupt) // who has ended already is waited for as well
		select {
		case <-ended:
			return nil
		case <-time.After(20 * time.Second):
			return errors.Join(fmt.Errorf("%s does not stop", command.Path), command.Process.Kill())
		}
	}
	for {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close() // it was only to see
			break
		}
		select {
		case <-ended:
			return nil, fmt.Errorf("%s ended: %s", command.Path, complaints.String())
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), stop())
		case <-time.After(10 * time.Millisecond):
		}
	}
	time.Sleep(300 * time.Millisecond) // what it does at its start is not measured
	return &system{address: address, path: path, pid: command.Process.Pid, idle: usageOf(command.Process.Pid), stop: stop}, nil
}

// freeAddress is one that nobody listens at, a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// startRelay runs this program again, as the yardstick.
func startRelay(ctx context.Context, dir, mode string, s *sink) (*system, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, address, "/", exec.Command(self, "-relay", mode, "-listen", address, "-target", "http://"+s.address()+"/0", "-dir", dir))
}

// startPostern runs Postern with a configuration of so many webhooks.
func startPostern(ctx context.Context, program, dir string, webhooks int, more string, s *sink) (*system, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	console, err := freeAddress()
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, head, address, console)
	for i := range webhooks {
		fmt.Fprintf(&text, webhook, i, s.address(), i, more)
	}
	conf := filepath.Join(dir, "conf")
	if err := os.MkdirAll(conf, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(conf, "postern.hcl"), []byte(text.String()), 0o600); err != nil {
		return nil, err
	}
	return start(ctx, address, "/v1/events", exec.Command(program, "run", "--config", conf, "--data-dir", filepath.Join(dir, "data")))
}

const head = `
listen "http" {
  address = %q
}
console {
  address = %q
}
egress {
  allow      = ["127.0.0.1/32"]
  allow_http = ["127.0.0.1/32"]
}
event "bench.order" {}
`

const webhook = `
webhook "bench-%d" {
  url         = "http://%s/%d"
  events      = ["bench.*"]
  concurrency = 64
  secret      = ["a secret of the measurement"]
  %s
}
`

// heldWebhook keeps what it owes.
const heldWebhook = "active = false"

// mappedWebhook says what the yardstick's mapped does.
const mappedWebhook = `
  filter = expr("event.type == 'bench.order' && data.amount > 1000")
  payload = {
    evid  = expr("data.evid")
    total = expr("data.amount / 100")
    text  = "Order ${expr("data.order_id")} by ${expr("data.customer.email")}"
    email = expr("data.customer.email")
    skus  = expr("map(data.items, .sku)")
  }
`
