package pages

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Help is what a test's program does when it is called as the helper of pages:
// "shell", or "terminal COMMAND".
func Help(args []string) int {
	err := fmt.Errorf("shell, or terminal COMMAND")
	switch {
	case len(args) == 1 && args[0] == "shell":
		err = becomeShell()
	case len(args) == 2 && args[0] == "terminal":
		err = inTerminal(args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		return 1
	}
	return 0
}

// ownNetwork gives a process a network that has nothing but loopback. Help has it
// up before a shell is there.
func ownNetwork() *syscall.SysProcAttr {
	same := func(id int) []syscall.SysProcIDMap {
		return []syscall.SysProcIDMap{{ContainerID: id, HostID: id, Size: 1}}
	}
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: same(os.Getuid()),
		GidMappings: same(os.Getgid()),
		AmbientCaps: []uintptr{unix.CAP_NET_ADMIN},
	}
}

// CanHaveOwnNetwork says whether the system gives one to whom we are.
func CanHaveOwnNetwork() bool {
	c := exec.Command("/bin/true")
	c.SysProcAttr = ownNetwork()
	return c.Run() == nil
}

// becomeShell makes loopback work, and is a shell from then on.
func becomeShell() error {
	loopbackUp()
	bash, err := exec.LookPath("bash")
	if err != nil {
		return err
	}
	return syscall.Exec(bash, []string{"bash", "--noprofile", "--norc"}, os.Environ())
}

// loopbackUp does nothing where it is up, or is not ours.
func loopbackUp() {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(s)
	request, err := unix.NewIfreq("lo")
	if err != nil || unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, request) != nil {
		return
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP)
	_ = unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, request)
}

// inTerminal runs a command in a terminal, and copies what that shows to standard
// output. SIGINT is Ctrl-C there; SIGTERM ends the command at once.
func inTerminal(typed string) error {
	screen, keys, err := openTerminal()
	if err != nil {
		return err
	}
	defer screen.Close()
	runtime.LockOSThread() // the command goes with the thread that began it, and that with the shell
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0, 0, 0); err != nil {
		return err
	}
	c := exec.Command("bash", "--noprofile", "--norc", "-c", typed)
	c.Stdin, c.Stdout, c.Stderr = keys, keys, keys
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if err := c.Start(); err != nil {
		return err
	}
	keys.Close()
	go func() {
		for s := range signals {
			if s == syscall.SIGTERM {
				_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
				continue
			}
			_, _ = screen.Write([]byte{3})
		}
	}()
	_, _ = io.Copy(os.Stdout, screen) // ends with an error when nobody has the terminal open
	_ = c.Wait()                      // how it ends is for the page to show
	return nil
}

// openTerminal makes a pair: what is printed, and the terminal of who prints.
func openTerminal() (screen, terminal *os.File, err error) {
	if screen, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			screen.Close()
		}
	}()
	fd := int(screen.Fd())
	if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, err
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, nil, err
	}
	if err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 200}); err != nil {
		return nil, nil, err
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	return screen, terminal, err
}
