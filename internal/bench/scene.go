package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A scene is one run of one system under one load.
type scene struct {
	name  string
	start func(ctx context.Context, dir string, s *sink) (*system, error)
	load  load
}

// A take is what came of a scene.
type take struct {
	result
	cpu     time.Duration // of the system, while it was under load
	idle    int64         // bytes of memory before
	most    int64
	written int64         // bytes, to the disk, while it was under load
	sync    time.Duration // what one of a small file takes on that disk
}

// perEvent and perDelivery are the cost of one.
func (t *take) perEvent() float64    { return t.cpu.Seconds() * 1e6 / float64(max(t.accepted, 1)) }
func (t *take) perDelivery() float64 { return t.cpu.Seconds() * 1e6 / float64(max(t.deliveries, 1)) }

// perPayload is what is written of a byte of data.
func (t *take) perPayload() float64 {
	return float64(t.written) / float64(max(t.accepted, 1)*payloadBytes)
}

// scenes are those of one round, in the order in which they are played: what is
// compared stands side by side.
func scenes(program string, lasts time.Duration) []scene {
	most := load{connections: connections, lasts: lasts}
	steady, batches, fan := most, most, most
	steady.rate = 500
	batches.batch = 100
	fan.fan = 10
	door, doorBatches := most, batches
	door.held, doorBatches.held = true, true
	yardstick := func(mode string) func(context.Context, string, *sink) (*system, error) {
		return func(ctx context.Context, dir string, s *sink) (*system, error) { return startRelay(ctx, dir, mode, s) }
	}
	postern := func(webhooks int, more string) func(context.Context, string, *sink) (*system, error) {
		return func(ctx context.Context, dir string, s *sink) (*system, error) {
			return startPostern(ctx, program, dir, webhooks, more, s)
		}
	}
	return []scene{
		{"relay", yardstick("disk"), most},
		{"postern", postern(1, ""), most},
		{"relay direct", yardstick("direct"), most},
		{"postern batches", postern(1, ""), batches},
		{"postern door", postern(1, heldWebhook), door},
		{"postern door batches", postern(1, heldWebhook), doorBatches},
		{"postern fan-out", postern(10, ""), fan},
		{"relay mapped", yardstick("map"), most},
		{"postern mapped", postern(1, mappedWebhook), most},
		{"relay 500/s", yardstick("disk"), steady},
		{"postern 500/s", postern(1, ""), steady},
	}
}

// play runs a scene in a directory of its own, which is gone afterwards.
func (c *scene) play(ctx context.Context, dir string, s *sink) (t take, err error) {
	within, err := os.MkdirTemp(dir, "bench-")
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(within)) }()
	if t.sync, err = syncTime(within); err != nil {
		return t, err
	}
	y, err := c.start(ctx, within, s)
	if err != nil {
		return t, fmt.Errorf("%s: %w", c.name, err)
	}
	defer func() { err = errors.Join(err, y.stop()) }()
	l := c.load
	l.address, l.path = y.address, y.path
	if t.result, err = l.send(s); err != nil {
		return t, fmt.Errorf("%s: %w", c.name, err)
	}
	after := usageOf(y.pid)
	t.cpu, t.idle, t.most, t.written = after.cpu-y.idle.cpu, y.idle.rss, after.rssMost, after.written-y.idle.written
	return t, nil
}

// syncTime is the median of some syncs, of 1 KB each at the end of a file.
func syncTime(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var times []int64
	for range 50 {
		if _, err := f.Write(make([]byte, 1<<10)); err != nil {
			return 0, err
		}
		begin := time.Now()
		if err := syncData(f); err != nil {
			return 0, err
		}
		times = append(times, int64(time.Since(begin)))
	}
	return spreadOf(times).p50, nil
}
