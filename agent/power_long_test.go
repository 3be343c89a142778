//go:build power

package agent_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var cuts = flag.Int("powercuts", 100, "how often the power is cut")

// TestTheProgramUnderPowerCuts is run by `make power`: the program itself, on a
// file system of its own, whose power is cut at random moments while events come
// in. Each file system is cut ten times, the first time in its first moments.
func TestTheProgramUnderPowerCuts(t *testing.T) {
	mustBeRoot(t)
	binary := built(t)
	for done := 0; done < *cuts; done += 10 {
		t.Run(fmt.Sprint("file system ", done/10), func(t *testing.T) {
			d := newDisk(t)
			o := newOrdeal(t, d.dir)
			o.command = runs(binary, o.world)
			o.cut(d, min(10, *cuts-done))
			o.finish()
			o.now.Stop()
		})
	}
}

// TestAProgramThatDoesNotSyncIsCaught is the control: the same program, whose
// syncs come to nothing, has to lose events, and the ordeal has to see it.
func TestAProgramThatDoesNotSyncIsCaught(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("there is no strace to swallow the syncs")
	}
	d, seen := newDisk(t), &complaints{TB: t}
	o := newOrdeal(seen, d.dir)
	const syncs = "fsync,fdatasync,sync_file_range,syncfs,sync"
	o.command = append([]string{strace, "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + syncs, "-e", "inject=" + syncs + ":retval=0"}, runs(built(t), o.world)...)
	o.cut(d, 3)
	o.now.Kill()
	t.Logf("%d events were accepted, %d complaints", len(o.accepted), len(seen.all))
	if len(o.accepted) == 0 || len(seen.all) == 0 {
		t.Error("nothing was lost without a sync, or nobody saw it")
	}
}

// cut cuts the power at random moments, and looks each time for what was accepted.
// The last life is left.
func (o *ordeal) cut(d *disk, cuts int) {
	o.t.Helper()
	rng := rand.New(rand.NewPCG(2, uint64(time.Now().UnixNano())))
	o.begin()
	end := o.load(4, 5*time.Millisecond)
	for range cuts {
		if rng.IntN(8) > 0 {
			o.live()
		}
		o.lasts(time.Duration(rng.IntN(400)) * time.Millisecond)
		d.cutPower(o.now)
		o.kills++
		d.mount()
		o.begin()
		o.live()
		o.remembers()
	}
	end()
}

// A disk is an ext4 file system in a file, that writes nothing by itself.
type disk struct {
	t     testing.TB
	image string
	dir   string // where it is mounted
}

func mustBeRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a file system")
	}
}

func newDisk(t testing.TB) *disk {
	t.Helper()
	mustBeRoot(t)
	within := t.TempDir()
	d := &disk{t: t, image: filepath.Join(within, "image"), dir: filepath.Join(within, "mount")}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 256<<20); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"mkfs.ext4", "-q", "-F", d.image}, d.mounting()} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Skipf("there is no file system to be had: %v: %v: %s", command, err, out)
		}
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", d.dir).Run() }) // of one that is not mounted there is nothing left
	return d
}

// mounting gives up the loop device with the mount.
func (d *disk) mounting() []string {
	return []string{"mount", "-t", "ext4", "-o", "loop,commit=1000", d.image, d.dir}
}

func (d *disk) mount() {
	d.t.Helper()
	d.run(d.mounting()...)
}

func (d *disk) run(command ...string) {
	d.t.Helper()
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		d.t.Fatalf("%v: %v: %s", command, err, out)
	}
}

// cutPower ends the file system without what is not synced, and then the life on
// it. The life stands still meanwhile: a sync under way when the file system ends
// would go well, and come to nothing.
func (d *disk) cutPower(l *life) {
	d.t.Helper()
	pid := l.PID()
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		d.t.Fatal(err)
	}
	for !stands(d.t, pid) {
	}
	root, err := os.Open(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	const shutdown, noLogFlush = 0x8004587d, 2
	err = unix.IoctlSetPointerInt(int(root.Fd()), shutdown, noLogFlush)
	_ = root.Close()
	if err != nil {
		d.t.Fatalf("shut the file system down: %v", err)
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		d.t.Fatal(err)
	}
	<-l.Ended
	d.run("umount", d.dir)
}

// stands tells whether all threads of a process have stopped.
func stands(t testing.TB, pid int) bool {
	t.Helper()
	states, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(states) == 0 {
		t.Fatalf("process %d is gone: %v", pid, err)
	}
	for _, name := range states {
		text, err := os.ReadFile(name)
		if err != nil {
			return false
		}
		if state := text[bytes.LastIndexByte(text, ')')+2]; state != 'T' && state != 't' {
			return false
		}
	}
	return true
}
