package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// A usage is what a process has used up to now. Where there is no /proc it is zero.
type usage struct {
	cpu     time.Duration
	rss     int64 // bytes, now
	rssMost int64
	written int64 // bytes, to the disk
}

// ticks are the kernel's in a second, as far as programs are told.
const ticks = 100

func usageOf(pid int) (u usage) {
	if raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, rest, _ := strings.Cut(string(raw), ") ")
		if fields := strings.Fields(rest); len(fields) > 12 {
			user, _ := strconv.Atoi(fields[11])
			system, _ := strconv.Atoi(fields[12])
			u.cpu = time.Duration(user+system) * time.Second / ticks
		}
	}
	status := numbersIn(fmt.Sprintf("/proc/%d/status", pid))
	u.rss, u.rssMost = status["VmRSS"]<<10, status["VmHWM"]<<10
	u.written = numbersIn(fmt.Sprintf("/proc/%d/io", pid))["write_bytes"]
	return u
}

// numbersIn reads lines of a name and a number, without what it is a number of.
func numbersIn(path string) map[string]int64 {
	all := map[string]int64{}
	raw, _ := os.ReadFile(path)
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(line, ":")
		if n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64); err == nil {
			all[name] = n
		}
	}
	return all
}
