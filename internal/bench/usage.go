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
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(line, ":")
		kB, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			u.rss = kB << 10
		case "VmHWM":
			u.rssMost = kB << 10
		}
	}
	return u
}
