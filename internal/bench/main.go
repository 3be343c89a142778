package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"regexp"
	"time"
)

func main() {
	mode := flag.String("relay", "", "be the yardstick: disk, map or direct")
	listen := flag.String("listen", "", "where the yardstick listens")
	target := flag.String("target", "", "where the yardstick delivers")
	dir := flag.String("dir", "", "where data is kept meanwhile; a disk, not memory")
	program := flag.String("postern", "./postern", "the program to be measured")
	pairs := flag.Int("pairs", 5, "how many times each scene is played")
	lasts := flag.Duration("for", 4*time.Second, "how long each scene sends")
	some := flag.String("scenes", "", "play only scenes whose whole name matches, and make no table; empty: all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *mode != "" {
		err = beRelay(ctx, *mode, *listen, *target, *dir)
	} else {
		err = measure(ctx, os.Stdout, os.Stderr, *program, *dir, *some, *pairs, *lasts)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// beRelay is the yardstick's process.
func beRelay(ctx context.Context, mode, address, target, dir string) error {
	r, err := newRelay(mode, target, dir)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return r.serve(ctx, l)
}

// measure plays scenes round after round; when it has played all, it prints the table.
func measure(ctx context.Context, out, progress io.Writer, program, dir, some string, pairs int, lasts time.Duration) error {
	chosen, err := regexp.Compile("^(" + cmp.Or(some, ".*") + ")$")
	if err != nil {
		return err
	}
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	s, err := newSink()
	if err != nil {
		return err
	}
	all := takes{}
	for round := range pairs {
		for _, c := range scenes(program, lasts) {
			if !chosen.MatchString(c.name) {
				continue
			}
			t, err := c.play(ctx, dir, s)
			if err != nil {
				return err
			}
			fmt.Fprintf(progress, "%d %-16s accepted %7.0f/s delivered %7.0f/s cpu %4.0f µs refused %d lost %d again %d\n",
				round+1, c.name, t.acceptedPerSecond, t.delivered, t.perEvent(), t.refused, t.lost, t.again)
			all[c.name] = append(all[c.name], t)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	if some == "" {
		all.write(out, info.Size())
	}
	return s.close()
}
